"""How long pages of the web face take in a large centre: ``python -m tests.bench.web``.

The centre is that of ``tests.bench.analytics``. First one person loads each page some times, which
tells its CPU time. Then twenty people click through all pages, and the drain stores errands with
and without them, by turns.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import LiteralString
from urllib.parse import urlencode

import click
import psycopg
from werkzeug.security import generate_password_hash

from tests.bench import analytics, backlog, table
from tests.bench.backlog import Drained
from tests.bench.clicks import PASSWORD, Clicks, Visitor, people
from tests.bench.servers import (
    BenchServers,
    answers,
    bench_servers,
    free_port,
    running_source,
    wait_until,
)
from tests.bench.table import Row
from tests.bench.usage import cpu_s

ERRANDS = 1_000_000
PEOPLE = 20
PAUSE_S = 2.0  # between two clicks of a person, on average
SECONDS = 60.0  # of clicks without a drain
ROUNDS = 3  # of each drain
LOADS = 3  # of each page by one person
DRAINED = 20_000  # errands in a round
FIRST = 5_000_000  # number of the first of them
KEY = "the key of the bench, which has more than 32 characters"
# Subjects, which the generator of the centre does not write: the search by words reads them.
SUBJECTS: LiteralString = """
    UPDATE cention.errand SET subject =
        (ARRAY['Where is my parcel', 'Invoice is wrong', 'Broken on arrival', 'Change of address',
               'No connection since Monday', 'Return of an order', 'Opening hours', 'Thank you'])
        [1 + (errand_id % 8)] || ' ' || errand_id % 10007
"""
CHOSEN: LiteralString = """
    SELECT errand_id, display_id, from_address, area_id, agent_id FROM cention.errand
    WHERE from_address IS NOT NULL AND area_id IS NOT NULL AND agent_id IS NOT NULL
    ORDER BY hashint8extended(errand_id, 7) LIMIT %s
"""
COUNTED = "SELECT count(*) FROM cention.errand"


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """A running web face."""

    root: str
    pid: int


@click.command()
@click.option("--errands", type=click.IntRange(2_000, 1_000_000), default=ERRANDS)
@click.option("--people", "number", type=click.IntRange(1, 200), default=PEOPLE, show_default=True)
@click.option("--seconds", type=click.FloatRange(1), default=SECONDS, show_default=True)
@click.option("--drained", type=click.IntRange(1_000), default=DRAINED, show_default=True)
def main(errands: int, number: int, seconds: float, drained: int) -> None:
    """Build a centre of about so many errands, and let people click through the pages."""
    print(f"{datetime.now(UTC):%Y-%m-%d}, {table.machine()}\n")
    with bench_servers() as servers:
        rows = of_centre(servers, errands, number=number, seconds=seconds, drained=drained)
        for line in table.markdown(rows):
            print(line, flush=True)


def measure(servers: BenchServers) -> Iterator[Row]:
    """Measure with a million errands."""
    yield from of_centre(servers, ERRANDS, number=PEOPLE, seconds=SECONDS, drained=DRAINED)


def of_centre(
    servers: BenchServers, errands: int, *, number: int, seconds: float, drained: int
) -> Iterator[Row]:
    """Build the centre, and measure pages and drains."""
    pages = _filled(servers, errands, number)
    yield Row("errands", f"{servers.scalar(COUNTED):,}")
    with running_source() as source, servers.worker(source.url) as worker, _face(servers) as face:
        costs = _alone(servers, face, pages[0])
        _say("people without a drain")
        with people(face.root, pages, pause_s=PAUSE_S) as without:
            time.sleep(seconds)
        numbers = iter(range(FIRST, FIRST + 100 * drained, drained))
        backlog.drain(servers, worker.pid, range(FIRST - 500, FIRST))  # its processes are ready
        found: dict[bool, list[Drained]] = defaultdict(list)
        beside = Clicks()
        for turn in range(ROUNDS):
            for clicked in (False, True)[:: -1 if turn % 2 else 1]:
                _say(f"drain {turn + 1} of {ROUNDS}, {'with' if clicked else 'without'} people")
                first = next(numbers)
                ids = range(first, first + drained)
                if clicked:
                    with people(face.root, pages, pause_s=PAUSE_S) as clicks:
                        found[True].append(backlog.drain(servers, worker.pid, ids))
                    _add(beside, clicks)
                else:
                    found[False].append(backlog.drain(servers, worker.pid, ids))
    for name in pages[0]:
        size = f"{without.octets.get(name, 0) / 1024:,.0f} KiB"
        more = f"beside the drain {beside.latency(name)}; {size}; {costs[name]}"
        yield Row(name, without.latency(name), more)
    yield from _drains(found, number)


def _drains(found: Mapping[bool, Sequence[Drained]], number: int) -> Iterator[Row]:
    for clicked, what in ((False, "alone"), (True, f"beside {number} people")):
        rates = sorted(one.per_s for one in found[clicked])
        middle = min(found[clicked], key=lambda one: abs(one.per_s - statistics.median(rates)))
        yield Row(
            f"drain {what}",
            f"{statistics.median(rates):,.0f} errands/s",
            f"{len(rates)} runs: {rates[0]:,.0f} to {rates[-1]:,.0f}; {middle.cpu}",
        )
    before, after = (statistics.median(one.per_s for one in found[key]) for key in (False, True))
    yield Row("what the drain loses", f"{1 - after / before:.1%}", "goal: below 5 %")


def _filled(servers: BenchServers, errands: int, number: int) -> list[dict[str, str]]:
    """Fill the database; return the addresses of the pages, by their names, for each person."""
    centre = analytics.centre_of(errands)
    for row in analytics.fill(servers.database_url, servers.postgres_pid, centre):
        _say(f"{row.what}: {row.figure}")
    with psycopg.connect(servers.database_url, autocommit=True) as conn:
        conn.execute("SET session_replication_role = replica")  # no figure changes
        conn.execute(SUBJECTS)
        conn.execute("VACUUM (ANALYZE)")
        chosen = conn.execute(CHOSEN, [number]).fetchall()
    return [_pages(*chosen[place % len(chosen)]) for place in range(number)]


def _pages(
    errand_id: int, display_id: str, address: str, area_id: int, agent_id: int
) -> dict[str, str]:
    queries: dict[str, tuple[str, dict[str, object]]] = {
        "Now": ("/", {}),
        "Errands": ("/errands", {}),
        "Errands, one number": ("/errands", {"q": display_id}),
        "Errands, one address": ("/errands", {"q": address}),
        "Errands, words": ("/errands", {"q": f"parcel {errand_id % 10007}"}),
        "Errands, area and state": ("/errands", {"area": area_id, "state": "open"}),
        "An errand": (f"/errands/demo/{errand_id}", {}),
        "Figures, 28 days": ("/figures", {}),
        "Figures, 364 days": ("/figures", {"days": 364}),
        "Figures, 364 days, an area": ("/figures", {"days": 364, "area": area_id}),
        "Figures, 364 days, an agent": ("/figures", {"days": 364, "agent": agent_id}),
        "Figures, 28 days, area and agent": ("/figures", {"area": area_id, "agent": agent_id}),
        "Figures, 364 days, one CSV": ("/figures/volumes.csv", {"days": 364}),
        "Troubles": ("/troubles", {}),
        "Surveys": ("/surveys", {}),
        "Privacy": ("/privacy", {}),
        "Settings": ("/settings", {}),
    }
    return {
        name: f"{path}?{urlencode(query)}" if query else path
        for name, (path, query) in queries.items()
    }


@contextmanager
def _face(servers: BenchServers) -> Iterator[Face]:
    """Run the web face as it is served."""
    bind = f"127.0.0.1:{free_port()}"
    more = {
        "WEB_BIND": bind,
        "WEB_SECRET_KEY": KEY,
        "WEB_PASSWORD_HASH": generate_password_hash(PASSWORD),
    }
    command = ("gunicorn", "--config", "deploy/gunicorn_web.conf.py", "wsgi:web")
    with servers.process("web", *command, **more) as running:
        wait_until(lambda: answers(f"http://{bind}/sign-in"))
        yield Face(root=f"http://{bind}", pid=running.pid)


def _alone(servers: BenchServers, face: Face, pages: Mapping[str, str]) -> dict[str, str]:
    """Let one person load each page; return what a load costs, in words."""
    visitor, costs = Visitor(face.root), {}
    visitor.sign_in()
    for name, path in pages.items():
        visitor.click(path)  # what is loaded once
        before_s = [cpu_s(pid) for pid in (face.pid, servers.postgres_pid)]
        took_s = sorted(visitor.click(path)[0] for _ in range(LOADS))
        spent = [cpu_s(pid) for pid in (face.pid, servers.postgres_pid)]
        web_ms, postgres_ms = (
            1000 * (after - before) / LOADS for after, before in zip(spent, before_s, strict=True)
        )
        costs[name] = f"CPU ms: web {web_ms:,.0f}, Postgres {postgres_ms:,.0f}"
        _say(f"{name}: {1000 * took_s[LOADS // 2]:,.0f} ms alone; {costs[name]}")
    return costs


def _add(all_: Clicks, more: Clicks) -> None:
    for name, took_s in more.took_s.items():
        all_.took_s[name] += took_s


def _say(what: str) -> None:
    print(f"{datetime.now(UTC):%H:%M:%S} {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
