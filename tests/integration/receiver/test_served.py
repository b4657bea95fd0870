"""The receiver under gunicorn: behaviour that a test client does not show."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import psutil
import psycopg
import pytest
import redis
import requests
from prometheus_client.parser import text_string_to_metric_families

from receiver.callback_size import ARRIVING_MAX_BYTES
from receiver.guessing import FREE
from tests.integration.receiver.receiver_process import LONG_SECRET, SECRET, serving
from tests.support.databases import database_copy
from tests.support.eventually import eventually
from workers.config.names import Queue, TaskName

GUNICORN = (sys.executable, "-m", "gunicorn", "--config", "deploy/gunicorn.conf.py")
WITHOUT_SERVERS = {
    "RECEIVER_BIND": "127.0.0.1:0",
    "DATABASE_URL": "postgresql://127.0.0.1:1/cention",
    "BROKER_URL": "redis://127.0.0.1:1/0",
    "CENTION_URL": "https://cention.test/s/demo",
    "CENTION_TOKEN": "token",
    "CENTION_CALLBACK_SECRETS": LONG_SECRET,
}
HEAD = b"POST /callbacks/demo HTTP/1.1\r\nHost: x\r\n"


@pytest.fixture(scope="module")
def database(postgres, template):
    """One database for all receivers here."""
    with database_copy(postgres, template) as url:
        yield url


@pytest.fixture(autouse=True)
def _empty_inbox(database):
    with psycopg.connect(database) as conn:
        conn.execute("TRUNCATE intake.callback")


@pytest.fixture(scope="module")
def receiver(database, valkey, tmp_path_factory):
    """One receiver for all tests with default settings that do not count nudges."""
    own = {"DATABASE_URL": database, "BROKER_URL": f"{valkey.url}?virtual_host=1"}
    with serving(tmp_path_factory.mktemp("receiver"), own) as running:
        yield running


def samples(receiver, name):
    families = text_string_to_metric_families(receiver.get("/metrics").text)
    found = [sample for family in families for sample in family.samples if sample.name == name]
    return {tuple(sample.labels.values()): sample.value for sample in found}


def test_metrics_have_an_address_of_their_own_that_takes_no_callbacks(serve, database, body):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    receiver = serve(METRICS_BIND=f"127.0.0.1:{port}")
    own = f"http://127.0.0.1:{port}"

    assert receiver.post(body).status_code == 200
    assert receiver.get("/metrics").status_code == 404
    assert receiver.get("/health/ready").json() == {"status": "ok"}
    assert "cention_callbacks_total" in requests.get(f"{own}/metrics", timeout=10).text
    assert requests.get(f"{own}/health/ready", timeout=10).json()["database"] == "up"
    assert requests.post(f"{own}/callbacks/demo", data=body, timeout=10).status_code == 404


def test_a_callback_is_in_the_database_when_it_is_answered(receiver, body, rows):
    response = receiver.post(body)

    assert (response.status_code, response.json()) == (200, {"status": "ok"})
    [(workspace, event, remote_id, problem, document)] = rows()
    assert (workspace, event, remote_id, problem) == ("demo", 1, 76, None)
    assert json.loads(document)["data"] == json.loads(body)["data"]


def test_no_secret_is_in_the_database_or_the_log(receiver, body, rows):
    receiver.post(body)
    receiver.post(json.dumps({"data": "x", "meta": {"api_secret": SECRET}}).encode())

    assert len(rows()) == 2
    assert SECRET not in repr(rows())
    assert SECRET not in receiver.log.read_text()


def test_characters_that_postgres_rejects_are_replaced(receiver, rows):
    document = {
        "data": {"type": "c3_callback_x", "id": "7", "attributes": {"a\0": "\0 \ud800 é"}},
        "large": 10**300,
        "meta": {"api_secret": SECRET},
    }

    response = receiver.post(json.dumps(document).encode())

    assert response.status_code == 200
    [row] = rows()
    stored = json.loads(row[-1])
    assert stored["data"]["attributes"] == {"a\ufffd": "\ufffd \ufffd é"}
    assert stored["large"] == 10**300


def test_one_nudge_names_the_workspace(serve, broker, valkey, body):
    serve().post(body)

    with redis.Redis(unix_socket_path=str(valkey.socket)) as client:
        message = json.loads(eventually(lambda: client.lindex(Queue.CALLBACKS, 0)))
    assert message["headers"]["task"] == TaskName.FILE_CALLBACKS
    assert message["headers"]["argsrepr"] == "('demo',)"


def test_a_burst_makes_few_nudges(serve, broker, valkey, body):
    receiver = serve()

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(receiver.post, [body] * 100))

    with redis.Redis(unix_socket_path=str(valkey.socket)) as client:
        assert client.llen(Queue.CALLBACKS) < 50


@pytest.mark.parametrize("scheme", ["redis", "amqp"])
def test_a_broker_that_never_answers_delays_no_callback(serve, bodies, silent_port, scheme):
    receiver = serve(BROKER_URL=f"{scheme}://127.0.0.1:{silent_port}//")
    receiver.post(bodies[-1])
    began = time.monotonic()

    assert [receiver.post(each).status_code for each in bodies[:10]] == [200] * 10

    assert time.monotonic() - began < 1


def test_guessed_secrets_are_answered_later_than_a_right_one(serve, body):
    """All come from one address, and the right one is sent when answers to others wait."""
    receiver = serve(WEB_CONCURRENCY="1")
    wrong = body.replace(SECRET.encode(), b"654321")

    def guess():
        return requests.post(receiver.callbacks, data=wrong, timeout=60).status_code

    with ThreadPoolExecutor(FREE + 20) as senders:
        guesses = [senders.submit(guess) for _ in range(FREE + 20)]
        eventually(lambda: sum(each.done() for each in guesses) >= FREE)
        right = receiver.post(body)
        waiting = [each for each in guesses if not each.done()]

    assert right.status_code == 200
    assert waiting
    assert {each.result() for each in guesses} == {401}


@pytest.mark.parametrize("scheme", ["redis", "amqp"])
def test_a_nudge_that_the_broker_does_not_accept_is_logged(serve, body, closed_port, scheme):
    receiver = serve(BROKER_URL=f"{scheme}://user:password@127.0.0.1:{closed_port}//")

    receiver.post(body)

    eventually(lambda: "nudges not sent" in receiver.log.read_text(), within_s=10)
    assert "password" not in receiver.log.read_text()


def test_without_a_database_and_a_spool_callbacks_must_be_sent_again(serve, body, closed_port):
    url = f"postgresql://user:password@127.0.0.1:{closed_port}/cention"
    receiver = serve(DATABASE_URL=url, SPOOL_MAX_BYTES="0")

    response = receiver.post(body)

    assert response.status_code == 503
    assert response.headers["Retry-After"]
    assert "password" not in receiver.log.read_text()


def test_a_database_that_never_answers_delays_a_callback_by_two_seconds_at_most(
    serve, body, silent_port
):
    receiver = serve(DATABASE_URL=f"postgresql://127.0.0.1:{silent_port}/cention")
    began = time.monotonic()

    assert receiver.post(body).status_code == 200
    assert time.monotonic() - began < 3


def test_callbacks_that_wait_for_postgres_do_not_delay_others(serve, bodies, rows, database):
    receiver = serve(WEB_CONCURRENCY="1")

    with ThreadPoolExecutor(40) as senders, psycopg.connect(database) as conn:
        conn.execute("LOCK TABLE intake.callback")
        sent = [senders.submit(receiver.post, each) for each in bodies]
        eventually(lambda: len(receiver.connections()) == 40)
        others = [receiver.get("/health/live").status_code for _ in range(10)]
        answered = [each for each in sent if each.done()]
        conn.rollback()

    assert others == [200] * 10
    assert answered == []
    assert [each.result().status_code for each in sent] == [200] * 40
    assert len(rows()) == 40


def test_a_database_that_is_newer_is_named_in_the_log_and_callbacks_are_stored(
    serve, body, rows, database
):
    with psycopg.connect(database) as conn:
        conn.execute("INSERT INTO intake.migration (name) VALUES ('9999_future.sql')")
    receiver = serve()

    assert receiver.post(body).status_code == 200
    assert len(rows()) == 1
    eventually(
        lambda: "database is newer than this program" in receiver.log.read_text(), within_s=30
    )


def test_the_access_log_of_gunicorn_has_the_status(serve, body, tmp_path):
    accesses = tmp_path / "accesses.log"
    receiver = serve(GUNICORN_CMD_ARGS=f"--access-logfile {accesses}")

    receiver.post(body)
    receiver.post(b"[]")

    def successes():
        lines = [line for line in accesses.read_text().splitlines() if "/callbacks/demo" in line]
        return ['" 200 ' in line for line in lines]

    assert eventually(lambda: sorted(successes()) == [False, True])


def test_no_callback_is_refused_while_processes_are_replaced(serve, bodies, rows):
    receiver = serve(GUNICORN_CMD_ARGS="--max-requests 5")
    before = psutil.Process(receiver.pid).children()

    assert [receiver.post(each).status_code for each in bodies] == [200] * 40

    assert len(rows()) == 40

    def all_are_replaced():
        assert receiver.post(bodies[0]).status_code == 200
        return not set(before) & set(psutil.Process(receiver.pid).children())

    eventually(all_are_replaced)


def test_disconnected_senders_do_not_delay_the_end_of_a_process(serve, bodies):
    """Some disconnect while their callback is being stored."""
    receiver = serve(WEB_CONCURRENCY="1", GUNICORN_CMD_ARGS="--graceful-timeout 60")
    for each in bodies:
        with socket.create_connection(("127.0.0.1", receiver.port)) as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            connection.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % len(each) + each)
    workers = psutil.Process(receiver.pid).children()

    os.kill(receiver.pid, signal.SIGTERM)

    assert psutil.wait_procs(workers, timeout=15)[1] == []


def test_a_stop_waits_one_second_for_idle_connections_and_kills_no_process(serve, body):
    receiver = serve(WEB_CONCURRENCY="1")
    with requests.Session() as sender:
        sender.post(receiver.callbacks, body)
        workers = psutil.Process(receiver.pid).children()
        began = time.monotonic()

        os.kill(receiver.pid, signal.SIGTERM)

        assert psutil.wait_procs(workers, timeout=15)[1] == []
    assert time.monotonic() - began < 4
    eventually(lambda: "Worker exiting" in receiver.log.read_text())
    assert "SIGKILL" not in receiver.log.read_text()


@pytest.mark.parametrize("option", ["--keep-alive 0", "--timeout 20", "--protocol uwsgi"])
def test_options_that_would_lose_callbacks_are_refused(option):
    ended = subprocess.run(
        [*GUNICORN, "wsgi:app"],
        env=os.environ | WITHOUT_SERVERS | {"GUNICORN_CMD_ARGS": option},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert ended.returncode != 0
    assert "receiver speaks" in ended.stderr or "Set keepalive" in ended.stderr


def test_an_idle_connection_stays_open_for_two_minutes(receiver, body, tmp_path):
    """Cention's sender reuses connections. If one is closed just then, a callback fails.

    Two minutes are what the configuration says; the connection is watched for some seconds.
    """
    printed = subprocess.run(
        [*GUNICORN, "--print-config", "wsgi:app"],
        env=os.environ | WITHOUT_SERVERS | {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )

    assert re.search(r"^keepalive += 120$", printed.stdout, re.MULTILINE)
    with socket.create_connection(("127.0.0.1", receiver.port), timeout=7) as connection:
        connection.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        assert connection.recv(65536).startswith(b"HTTP/1.1 200")

        with pytest.raises(TimeoutError):
            connection.recv(65536)


def test_readiness_shows_each_dependency(receiver):
    ready = receiver.get("/health/ready")
    assert (ready.status_code, ready.json()["broker"]) == (200, "up")


def test_readiness_without_dependencies_answers_at_once(serve, closed_port, silent_port):
    receiver = serve(
        DATABASE_URL=f"postgresql://127.0.0.1:{silent_port}/cention",
        BROKER_URL=f"redis://127.0.0.1:{silent_port}/0",
        SPOOL_MAX_BYTES="0",
    )
    began = time.monotonic()

    ready = receiver.get("/health/ready")

    assert time.monotonic() - began < 1.5
    assert ready.status_code == 503
    assert ready.json() == {
        "status": "unavailable",
        "database": "down",
        "broker": "down",
        "spool": "down",
    }


def test_a_chunked_body_is_accepted(receiver, body, rows):
    chunks = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)

    answer = receiver.send(HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + chunks)

    assert answer.startswith(b"HTTP/1.1 200")
    assert len(rows()) == 1


@pytest.mark.parametrize(
    "rest",
    [
        b"Transfer-Encoding: chunked\r\n\r\nzz\r\nnot a chunk",
        b"Transfer-Encoding: chunked\r\n\r\nff\r\ntoo short",
        b"Content-Length: 100\r\n\r\n{}",
        b"\r\n",
    ],
    ids=["no chunk", "broken chunk", "broken body", "no body"],
)
def test_an_incomplete_body_is_refused(receiver, rows, rest):
    answer = receiver.send(HEAD + rest)

    assert answer.startswith(b"HTTP/1.1 400")
    assert rows() == []


def test_too_long_a_body_is_refused_by_its_length(receiver):
    head = HEAD + b"Content-Length: %d\r\n\r\n" % (ARRIVING_MAX_BYTES + 1)

    assert receiver.send(head).startswith(b"HTTP/1.1 413")


def test_too_long_a_chunked_body_is_refused_when_it_gets_too_long(receiver):
    mebibyte = b" " * 2**20

    response = receiver.post(mebibyte for _ in range(11))

    assert response.status_code == 413
    assert response.json()["errors"][0]["status"] == "413"


def test_html_of_eight_megabytes_is_accepted_though_its_escapes_make_it_21(receiver, rows, body):
    document = json.loads(body)
    document["included"].append({"type": "x", "id": "1", "attributes": {"html": "HERE"}})
    escaped = r"\u003cp\u003eHello\u003c/p\u003e\u003cbr\u003e" * 350_000
    sent = json.dumps(document).replace("HERE", escaped).encode()
    assert len(sent) > 15_000_000

    whole = receiver.post(sent)
    in_pieces = receiver.post(sent[at : at + 2**20] for at in range(0, len(sent), 2**20))

    assert (whole.status_code, in_pieces.status_code) == (200, 200)
    assert len(rows()) == 1


def test_counts_are_of_all_processes_together(serve, body, tmp_path):
    counts = tmp_path / "metrics"
    counts.mkdir()
    receiver = serve(PROMETHEUS_MULTIPROC_DIR=str(counts))

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(receiver.post, [body] * 50))

    assert samples(receiver, "cention_callbacks_total") == {("200", "demo"): 50}
    assert samples(receiver, "cention_callback_group_size_sum") == {(): 50}
    assert samples(receiver, "cention_database_up") == {(): 1}
    assert samples(receiver, "cention_callbacks_unfiled") == {("demo",): 1}


@pytest.mark.parametrize("broker_url", ["nothing-we-know://x", "sqs://x"])
def test_with_an_unsupported_broker_callbacks_are_still_stored(serve, rows, body, broker_url):
    receiver = serve(BROKER_URL=broker_url)

    answer = receiver.post(body)

    assert (answer.status_code, len(rows())) == (200, 1)


def test_the_limits_of_gunicorn_for_a_head_hold_for_every_callback(serve, body):
    receiver = serve(
        GUNICORN_CMD_ARGS="--limit-request-line 100 --limit-request-fields 8"
        " --limit-request-field_size 200"
    )
    line = b"POST /callbacks/%b HTTP/1.1\r\n"
    head = b"Host: x\r\nContent-Length: %d\r\n" % len(body)

    def status(workspace=b"demo", fields=b""):
        answer = receiver.send(line % workspace + head + fields + b"\r\n" + body)
        return int(answer.split(b" ", 2)[1])

    assert status() == 200
    assert status(fields=b"".join(b"%d: x\r\n" % n for n in range(6))) == 200
    assert status(workspace=b"d" * 100) in (400, 414)
    assert status(fields=b"".join(b"%d: x\r\n" % n for n in range(7))) in (400, 431)
    assert status(fields=b"X: " + b"y" * 200 + b"\r\n") in (400, 431)


def test_a_callback_above_the_default_limit_is_accepted_where_the_setting_allows_it(serve, body):
    receiver = serve(CALLBACK_MAX_BYTES=str(12 << 20), WEB_CONCURRENCY="1")

    assert receiver.post(body.ljust(11 << 20)).status_code == 200
    assert receiver.post(body.ljust(13 << 20)).status_code == 413


def test_a_unix_socket_takes_callbacks(database, broker, tmp_path, body, rows):
    """A proxy on the same machine needs no port."""
    path = tmp_path / "receiver.sock"
    with (
        serving(
            tmp_path,
            {"DATABASE_URL": database, "BROKER_URL": broker, "RECEIVER_BIND": f"unix:{path}"},
            is_ready=path.exists,
        ),
        socket.socket(socket.AF_UNIX) as connection,
    ):
        connection.connect(str(path))
        head = b"POST /callbacks/demo HTTP/1.0\r\nContent-Length: %d\r\n\r\n" % len(body)
        connection.sendall(head + body)
        answer = connection.recv(65536)

    assert answer.split()[1] == b"200"
    assert len(rows()) == 1


def test_sighup_replaces_the_processes_and_refuses_no_callback(serve, bodies, rows):
    receiver = serve()
    before = set(psutil.Process(receiver.pid).children())

    os.kill(receiver.pid, signal.SIGHUP)

    def all_are_replaced():
        assert receiver.post(bodies[0]).status_code == 200
        now = psutil.Process(receiver.pid).children()
        return len(now) == 2 and not before & set(now)

    assert eventually(all_are_replaced)
    assert [receiver.post(each).status_code for each in bodies] == [200] * 40


def test_the_folder_of_counts_is_removed_at_the_end_also_after_a_reload(database, broker, tmp_path):
    own = {"DATABASE_URL": database, "BROKER_URL": broker, "TMPDIR": str(tmp_path)}
    with serving(tmp_path, own) as receiver:
        before = set(psutil.Process(receiver.pid).children())
        assert list(tmp_path.glob("cention-metrics-*"))

        os.kill(receiver.pid, signal.SIGHUP)

        assert eventually(lambda: not before & set(psutil.Process(receiver.pid).children()))
    assert not list(tmp_path.glob("cention-metrics-*"))


def test_a_secret_that_has_changed_in_its_file_counts_after_sighup(database, broker, tmp_path):
    file = tmp_path / "secrets"
    file.write_text(f"{LONG_SECRET}\n", "utf-8")
    own = {
        "DATABASE_URL": database,
        "BROKER_URL": broker,
        "CENTION_CALLBACK_SECRETS": "",
        "CENTION_CALLBACK_SECRETS_FILE": str(file),
    }

    def status_with(secret):
        meta = {"api_secret": secret, "event": 99}
        body = json.dumps({"meta": meta, "data": {"type": "x", "id": "1"}})
        return receiver.post(body.encode()).status_code

    with serving(tmp_path, own) as receiver:
        assert status_with(LONG_SECRET) == 200
        file.write_text("another-secret-of-demo\n", "utf-8")
        os.kill(receiver.pid, signal.SIGHUP)

        assert eventually(lambda: status_with("another-secret-of-demo") == 200)
