"""Links to surveys and ids of chats stand in no log."""

from __future__ import annotations

import pytest

from tests.integration.receiver.survey_links import TOKEN, invite, load
from tests.support.eventually import eventually

CHAT = "dialog-secret"
FORMATS = (
    "%(h)s %(r)s %(U)s %(q)s %(f)s %(s)s %({raw_uri}e)s %({path_info}e)s %({query_string}e)s"
    " %({referer}i)s %({location}o)s"
)


@pytest.fixture
def receiver(serve, database, tmp_path):
    load(database)
    invite(database)
    options = f"--access-logfile {tmp_path / 'access.log'} --access-logformat '{FORMATS}'"
    return serve(GUNICORN_CMD_ARGS=options)


def test_no_log_has_the_token_of_a_link_or_the_id_of_a_chat(receiver, tmp_path):
    receiver.get(f"/s/{TOKEN}?a=9&lang=sv")
    receiver.get(f"/s/{TOKEN}/stop")
    receiver.get(f"/s/{TOKEN}x/y")
    receiver.get(f"//s/{TOKEN}")
    receiver.get(f"/survey/alvaria/demo?sessionId={CHAT}")
    receiver.get(f"/survey/alvaria/other?sessionId={CHAT}")
    receiver.send(f"PUT /s/{TOKEN} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    receiver.send(f"GET http://x/s/{TOKEN} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    receiver.send(f"GET /%73/{TOKEN} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    receiver.get("/health/live?known=1")

    log = tmp_path / "access.log"
    assert eventually(lambda: "GET /health/live?known=1 HTTP/1.1" in log.read_text("utf-8"))
    lines = log.read_text("utf-8")
    logged = lines + receiver.log.read_text("utf-8")

    assert TOKEN not in logged
    assert CHAT not in logged
    assert "GET [removed] HTTP/1.1" in lines
