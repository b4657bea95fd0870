"""The examples for nginx and Caddy, and nginx before a receiver."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from contextlib import closing
from pathlib import Path

import pytest

from receiver.callback_size import ARRIVING_MAX_BYTES
from tests.integration.receiver.receiver_process import serving
from tests.support.certificates import own_authority
from tests.support.databases import database_copy, run_query
from tests.system.debian import PACKAGES
from tests.system.proxies import HOST, PROXIES, Nginx, naming
from workers.config.limits import CALLBACK_MAX_BYTES

DOCUMENTS = Path(__file__).parents[1] / "support" / "documents"
CALLBACK = (DOCUMENTS / "callback_answer_errand.json").read_bytes()
REFUSES = "127.0.0.1:1"


@pytest.fixture(scope="module")
def nginx():
    """nginx with a certificate, in a folder whose path is short enough for a socket."""
    if not PACKAGES["nginx"].exists():
        pytest.skip("nginx is missing: sudo apt-get install nginx")
    with tempfile.TemporaryDirectory(prefix="cention-tests-") as folder:
        yield Nginx(folder=Path(folder), certificate=own_authority(Path(folder), HOST))


@pytest.fixture(scope="module")
def database(postgres, template):
    with database_copy(postgres, template) as url:
        yield url


@pytest.fixture(scope="module")
def served(nginx, database, valkey, tmp_path_factory):
    """nginx before two receivers, of which the second is down."""
    own = {"DATABASE_URL": database, "BROKER_URL": f"{valkey.url}?virtual_host=1"}
    with (
        serving(tmp_path_factory.mktemp("receiver"), own) as receiver,
        nginx.running(f"127.0.0.1:{receiver.port}", REFUSES),
    ):
        yield nginx


def post(nginx, body, **headers):
    """Return status and text of what nginx answers to a callback."""
    with closing(nginx.connection()) as connection:
        connection.request("POST", "/callbacks/demo", body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()


def stored(database):
    [row] = run_query(database, "SELECT count(*) AS n FROM intake.callback")
    return row["n"]


def test_nginx_understands_its_file(nginx):
    done = subprocess.run(
        [*nginx.command(), "-t"], capture_output=True, text=True, timeout=60, check=False
    )

    assert done.returncode == 0, done.stderr
    assert "[warn]" not in done.stderr


def test_caddy_understands_its_file(tmp_path):
    if not PACKAGES["caddy"].exists():
        pytest.skip("Caddy is missing: sudo apt-get install caddy")
    file = tmp_path / "Caddyfile"
    text = (PROXIES / "Caddyfile").read_text("utf-8")
    file.write_text(naming(own_authority(tmp_path, HOST), text), "utf-8")

    done = subprocess.run(
        [PACKAGES["caddy"], "validate", "--adapter", "caddyfile", "--config", file],
        env=os.environ | {"HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 0, done.stderr


def test_a_callback_reaches_the_receiver_that_is_up_and_is_stored(served, database):
    before = stored(database)

    answers = {post(served, CALLBACK.replace(b'"76"', b'"%d"' % number))[0] for number in range(8)}

    assert answers == {200}
    assert stored(database) == before + 8


def test_what_the_receiver_refuses_for_its_size_keeps_its_answer(served, database):
    document = json.loads(CALLBACK)
    document["padding"] = "x" * CALLBACK_MAX_BYTES
    before = stored(database)

    status, text = post(served, json.dumps(document).encode())

    assert status == 413
    assert json.loads(text)["errors"][0]["status"] == "413"
    assert stored(database) == before


def test_what_is_larger_than_may_arrive_is_refused_by_nginx(served, database):
    before = stored(database)

    length = {"Content-Length": str(ARRIVING_MAX_BYTES + 1)}
    assert post(served, b"", **length)[0] == 413
    assert stored(database) == before
