"""A restore to a moment, as Operate describes it: what was fetched since comes back, once."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest

from deploy.embedded import Valkey
from deploy.embedded.server import exec_as_command
from receiver.spool import Spool
from tests.acceptance.comparison import SandboxControl, differences
from tests.acceptance.running_bridge import empty_folder
from tests.integration.sandbox.sandbox_server import sandbox_server
from tests.integration.surveys.conftest import DEMO
from tests.support.databases import run_query
from tests.support.eventually import eventually
from tests.support.receiver_app import new_callback
from tests.support.surveys import brief
from tests.system import previous_release
from tests.system.postgres_server import DEBIAN, USER, NotInstalled, Server, give, programs_of
from workers.surveys.jobs.decide import decide
from workers.surveys.store import holds

ROOT = Path(__file__).parents[2]
OPERATE = (ROOT / "deploy" / "docs" / "operate.md").read_text("utf-8")
HBA = "local all all trust\nlocal replication all trust\n"
WITHIN_S = 300.0  # on a busy machine, and with many errands


def blocks(title: str) -> list[str]:
    """Return the commands below a heading of Operate, one text for each block."""
    section = re.split(r"^#", OPERATE.partition(f"\n### {title}\n")[2], flags=re.MULTILINE)[0]
    found = re.findall(r"(?:^    .+\n)+", section, re.MULTILINE)
    return [re.sub(r"^    ", "", one, flags=re.MULTILINE) for one in found]


SETTINGS, BACKUP, RESTORE, WAITING = blocks("To a moment")
RECOVER, RESUME = blocks("After a restore")


@dataclass(slots=True, kw_only=True)
class Site:
    """A database server with its backup, and the bridge that uses it."""

    folder: Path
    programs: Path
    server: Server
    settings: dict[str, str]
    sandbox: SandboxControl
    errands: int  # that are answered before the moment, and as many after it
    places: dict[str, str] = field(default_factory=dict)  # of the document, and those here

    @property
    def database(self) -> str:
        return self.settings["DATABASE_URL"]

    def ask(self, query: str, *values: object) -> list[dict[str, Any]]:
        return run_query(self.database, query, *values)

    def here(self, commands: str) -> str:
        """Return commands of the document with the places and the moment of this test."""
        for there, here in self.places.items():
            commands = commands.replace(there, here)
        return commands

    def as_postgres(self, commands: str) -> str:
        """Run commands of the document as the server's user; return what they print."""
        server = {"PGHOST": str(self.server.sockets), "PGPORT": str(self.server.port)}
        path = f"{self.programs}:{os.environ['PATH']}"
        done = subprocess.run(
            exec_as_command(["/bin/sh", "-ec", self.here(commands)], user=USER, bare=False),
            env=os.environ | server | {"PATH": path, "PGUSER": "cention"},
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def commands(self, block: str) -> str:
        """Run the commands of the bridge in a block of the document; return what they print."""
        lines = [line.split() for line in self.here(block).splitlines()]
        assert {program for program, *_ in lines} == {"cention"}
        return "".join(self.cention(*words) for _, *words in lines)

    def cention(self, *words: str) -> str:
        """Run a command of the bridge; return what it prints."""
        done = subprocess.run(
            [sys.executable, "-m", "workers.cli", *words],
            cwd=self.folder,
            env=os.environ | self.settings | {"PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    @contextmanager
    def workers(self) -> Iterator[None]:
        """Run a worker of all queues, and beat."""
        with ExitStack() as running:
            for name in ("worker", "beat"):
                running.enter_context(
                    previous_release.running(ROOT, name, self.settings, self.folder)
                )
            yield

    def answer(self) -> list[int]:
        """Have errands arrive and be answered at Cention, and wait until customers are asked."""
        ids: list[int] = self.sandbox.post("errands", {"count": self.errands, "actions": 3})["ids"]
        for errand_id in ids:
            self.sandbox.post(f"errands/{errand_id}/change", {"kind": "answer"})
        eventually(lambda: self.is_settled(ids), within_s=WITHIN_S)
        return ids

    def is_settled(self, errand_ids: Sequence[int]) -> bool:
        """Decide, and return whether all these are decided, and nothing is to be sent."""
        self.decide()
        query = "SELECT errand_id FROM feedback.decision WHERE errand_id = ANY(%s)"
        return len(self.ask(query, list(errand_ids))) == self.errands and not self.to_be_sent()

    def to_be_sent(self) -> int:
        query = "SELECT FROM feedback.invitation WHERE state IN ('due', 'sending')"
        return len(self.ask(query))

    def unlike_cention(self) -> list[str]:
        """Return what is missing or old, except the callback in the spool, of no errand there."""
        found = differences(self.sandbox, self.database)
        return [one for one in found if "unknown at Cention" not in one]

    def messages(self) -> list[str]:
        """Return the references of all that the survey vendor was asked to send."""
        return [one["reference"] for one in self.sandbox.get("truth/surveys")["messages"]]

    def decide(self) -> None:
        """Decide about all errands, as beat has a worker do twice a minute."""

        @contextmanager
        def session() -> Iterator[psycopg.Connection[Any]]:
            with psycopg.connect(self.database, autocommit=True) as conn:
                yield conn

        decide(DEMO, session=session)

    def invite(self) -> None:
        """Decide, and wait until the workers have sent what is then to be sent."""
        self.decide()
        eventually(lambda: not self.to_be_sent(), within_s=WITHIN_S)


@pytest.fixture(scope="module")
def site(pytestconfig: pytest.Config) -> Iterator[Site]:
    """A server that archives its log, and a bridge beside a sandbox whose customers are asked."""
    with empty_folder() as folder, ExitStack() as stack:
        try:
            programs = programs_of(DEBIAN, folder)
        except NotInstalled as error:
            pytest.skip(str(error))
        data, backup = folder / "main", folder / "backup"
        places = {
            "/var/lib/postgresql/15/lost": str(data / "lost"),
            "/var/lib/postgresql/15/main": str(data / "data"),
            "/srv/backup": str(backup),
        }
        of_document = SETTINGS.replace("/srv/backup", str(backup)).replace("'", "")
        archive = dict(line.split(" = ", 1) for line in of_document.splitlines())
        server = Server(programs, data, sockets=folder / "sockets", port=5432, **archive)
        server.initialise(HBA)
        for path in (backup, backup / "wal"):
            path.mkdir()
            give(path)
        stack.callback(server.end)
        server.start()
        run_query(server.socket_url, "CREATE DATABASE cention")
        broker = Valkey(folder / "valkey")
        stack.callback(broker.remove)
        broker.start()
        cention = stack.enter_context(sandbox_server(sla_delay_s=0))
        (folder / "surveys.toml").write_text(
            brief(more="quiet_days = 0").replace('"1h"', '"1s"'), "utf-8"
        )
        yield Site(
            folder=folder,
            programs=programs,
            server=server,
            places=places,
            sandbox=SandboxControl(root=cention.root),
            errands=pytestconfig.getoption("--restored-errands"),
            settings={
                "DATABASE_URL": server.socket_url.replace("/postgres?", "/cention?"),
                "BROKER_URL": broker.url,
                "CENTION_URL": f"{cention.root}/s/demo",
                "CENTION_TOKEN": "sandbox-token",
                "CENTION_CALLBACK_SECRETS": "sandbox-callback-secret",
                "CENTION_TIMEZONE": "Europe/Stockholm",
                "DIGIDESK_URL": f"{cention.root}/digidesk/api/survey_requests/",
                "DIGIDESK_USER": "sandbox",
                "DIGIDESK_PASSWORD": "sandbox-survey-password",
                "DIGIDESK_PER_MINUTE": "10000",
                "SPOOL_DIR": str(folder / "spool"),
                "POLL_EVERY_S": "1",
            },
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What was before the restore, what it brought, and what was after it."""

    sent: list[str]  # messages to customers before it
    errands_then: int  # at the moment that was restored
    errands_restored: int
    rating: int  # that was fetched since the moment
    held_by_itself: bool
    said: str  # by the commands after the restore
    sent_while_held: list[str]


@pytest.fixture(scope="module")
def restored(site: Site) -> Restored:
    """Bring the database back to a moment, by the document, while Cention has gone on."""
    site.cention("migrate")
    site.cention("surveys", "rules", "load", "surveys.toml")
    site.cention("surveys", "rules", "on", "csat")
    # Cention tells the minute of an answer.
    site.ask("UPDATE feedback.rule SET on_from = now() - interval '5 minutes'")
    site.as_postgres(BACKUP)
    with site.workers():
        first = site.answer()
        [then] = site.ask("SELECT now() AS at, count(*) AS errands FROM cention.errand")
        site.answer()
        site.sandbox.post(f"errands/{first[0]}/change", {"kind": "close"})
        [rating] = site.sandbox.post("ratings")["ids"]
        order = ("--from", "ann@example.org", "--subject", "Order", "--body", "Where is it?")
        site.cention("errands", "create", *order)
        eventually(lambda: not site.unlike_cention(), within_s=WITHIN_S)
    sent = site.messages()

    site.places["2024-01-31 03:00:00+00"] = str(then["at"])
    site.places["2024-01-31T03:00+00:00"] = then["at"].isoformat()
    site.server.end()
    Spool(site.folder / "spool", max_bytes=1 << 20).append(new_callback(1))
    site.as_postgres(RESTORE)
    site.server.start()
    eventually(lambda: site.as_postgres(WAITING) == "f", within_s=WITHIN_S)
    [after] = site.ask("SELECT count(*) AS errands FROM cention.errand")
    with psycopg.connect(site.database) as conn:
        held_by_itself = holds.hold_if_restored(conn)

    said = site.commands(RECOVER)
    with site.workers():
        eventually(lambda: len(site.unlike_cention()) == 1, within_s=WITHIN_S)
        site.invite()
        sent_while_held = site.messages()
        site.commands(RESUME)
        site.invite()
    return Restored(
        sent=sent,
        errands_then=then["errands"],
        errands_restored=after["errands"],
        rating=rating,
        held_by_itself=held_by_itself,
        said=said,
        sent_while_held=sent_while_held,
    )


def test_the_database_is_as_it_was_at_the_moment(site, restored):
    assert restored.errands_restored == restored.errands_then == site.errands


def test_errands_of_the_time_since_are_fetched_again_and_what_is_lost_is_named(site, restored):
    assert site.unlike_cention() == [f"rating {restored.rating} is missing"]
    assert "Facebook ratings that were fetched since" in restored.said


def test_surveys_are_held_by_the_restore_itself_and_nobody_is_invited_meanwhile(restored):
    assert restored.held_by_itself
    assert restored.sent_while_held == restored.sent


def test_nobody_is_asked_a_second_time(site, restored):
    assert restored.sent
    assert site.messages() == restored.sent


def test_an_errand_that_was_sent_to_cention_is_not_sent_again_and_the_command_says_to_look(
    site, restored
):
    assert len(site.sandbox.get("truth/errands")["created"]) == 1
    assert "Which errands were created and closed since by commands." in restored.said


def test_a_callback_that_waited_in_the_spool_is_stored(site, restored):
    assert "1 callback of the spool of this machine stored." in restored.said
    assert [row["remote_id"] for row in site.ask("SELECT remote_id FROM intake.callback")] == [1]
