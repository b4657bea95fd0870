"""Lines of gunicorn's logs have no control characters of requests."""

from __future__ import annotations

import pytest
from gunicorn.config import Config

from receiver.access_log import AccessLog


@pytest.fixture
def log(tmp_path):
    config = Config()
    config.set("errorlog", str(tmp_path / "errors.log"))
    config.set("accesslog", str(tmp_path / "accesses.log"))
    log = AccessLog(config)
    yield log
    for logger in (log.error_log, log.access_log):
        for handler in list(logger.handlers):
            logger.removeHandler(handler)
            handler.close()


def test_a_path_cannot_colour_or_forge_a_line(log, tmp_path):
    log.access_log.info("GET %s", "/callbacks/\x1b[31m\r\n127.0.0.1 forged\x9b\u202e")
    log.error("Invalid request: %s", "\x1b[2J\nforged")

    [access] = (tmp_path / "accesses.log").read_text().splitlines()
    [error] = (tmp_path / "errors.log").read_text().splitlines()
    assert access.isprintable()
    assert error.isprintable()
    assert "\\x1b[31m\\r\\n127" in access


def test_the_stack_of_an_error_keeps_its_lines(log, tmp_path):
    try:
        raise ValueError("\x1b[31m")
    except ValueError:
        log.exception("It failed.")

    lines = (tmp_path / "errors.log").read_text().splitlines()
    assert "Traceback" in lines[1]
    assert lines[-1] == "ValueError: \\x1b[31m"
