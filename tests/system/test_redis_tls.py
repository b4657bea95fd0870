"""Debian's Redis with a password and TLS as the broker, which also ends and comes back."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
import redis
import requests

from tests.acceptance.comparison import SandboxControl, wait_for_no_difference
from tests.acceptance.running_bridge import SECRETS, empty_folder, running_bridge
from tests.support.certificates import certificates
from tests.support.eventually import eventually
from tests.system.debian import PACKAGES
from tests.system.rabbitmq import free_ports

PROGRAM = PACKAGES["redis-server"]
PASSWORD = "p@ss:/w%#rd&+="
WITHIN_S = 180.0  # on a busy machine


@dataclass(slots=True, kw_only=True)
class Redis:
    """A server that takes nothing but TLS, and nobody without the password."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        trusted = quote(str(self.folder / "ca.crt"), safe="/")
        return (
            f"rediss://:{quote(PASSWORD, safe='')}@127.0.0.1:{self.port}/0"
            f"?ssl_cert_reqs=required&ssl_ca_certs={trusted}"
        )

    def start(self) -> None:
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [PROGRAM, self.folder / "redis.conf"], stdout=log, stderr=log
            )
        eventually(self.answers, within_s=WITHIN_S)

    def answers(self) -> bool:
        try:
            with redis.Redis.from_url(self.url) as client:
                return bool(client.ping())
        except redis.ConnectionError:
            return False

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(60)
            self.process = None


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Redis]:
    if not PROGRAM.exists():
        pytest.skip("Redis is missing: sudo apt-get install redis-server")
    certificates(tmp_path)
    [port] = free_ports(1)
    (tmp_path / "redis.conf").write_text(
        f'bind 127.0.0.1\nport 0\ntls-port {port}\ntls-auth-clients no\nrequirepass "{PASSWORD}"\n'
        f"tls-cert-file {tmp_path}/server.crt\ntls-key-file {tmp_path}/server.key\n"
        f'tls-ca-cert-file {tmp_path}/ca.crt\ndir {tmp_path}\nsave ""\n',
        "utf-8",
    )
    found = Redis(folder=tmp_path, port=port)
    try:
        found.start()
        yield found
    finally:
        found.stop()


def test_errands_arrive_over_tls_and_after_a_restart_that_lost_every_message(server):
    with (
        empty_folder() as folder,
        running_bridge(folder, BROKER_URL=server.url, **SECRETS) as run,
    ):
        addresses = run.addresses()
        sandbox = SandboxControl(root=addresses["CENTION_URL"].removesuffix("/s/sandbox"))

        def broker():
            answer = requests.get(f"{addresses['RECEIVER_URL']}/health/ready", timeout=30)
            return answer.json()["broker"]

        def stored():
            with psycopg.connect(addresses["DATABASE_URL"]) as conn:
                [[count]] = conn.execute("SELECT count(*) FROM cention.errand").fetchall()
            return count

        sandbox.post("resume", {"rate": 20})
        assert eventually(stored, within_s=WITHIN_S)
        assert eventually(lambda: broker() == "up", within_s=WITHIN_S)

        server.stop()
        assert eventually(lambda: broker() == "down", within_s=WITHIN_S)
        server.start()
        assert eventually(lambda: broker() == "up", within_s=WITHIN_S)

        sandbox.post("quiet")
        wait_for_no_difference(sandbox, addresses["DATABASE_URL"], within_s=WITHIN_S)
