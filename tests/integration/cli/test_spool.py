"""What operators see of the spool, and how they give callbacks another chance."""

from __future__ import annotations

import pytest

from receiver.spool import Spool
from tests.support.receiver_app import new_callback


@pytest.fixture
def spool(terminal, tmp_path):
    """A spool in which one callback waits and one was set aside."""
    spool = Spool(tmp_path / "var" / "spool", max_bytes=1 << 20)
    spool.append(new_callback(1))
    spool.append(new_callback(2))
    spool.quarantine(spool.oldest(), "Postgres refused it: 22P05")
    return spool


def test_it_says_what_waits_and_what_was_set_aside_and_why(terminal, spool):
    said = terminal.run("spool").stdout

    assert "1 callback waiting for Postgres" in said
    assert "Postgres refused it: 22P05" in said
    assert "cention spool retry" in said


def test_for_programs_it_says_the_same_as_json(terminal, spool):
    told = terminal.json("spool")

    assert told["waiting"] == 1
    assert [one["reason"] for one in told["set_aside"]] == ["Postgres refused it: 22P05"]


def test_a_retry_puts_everything_back_in_its_order_and_forgets_the_reasons(terminal, spool):
    [aside] = terminal.json("spool")["set_aside"]

    said = terminal.run("spool", "retry").stdout

    assert said.startswith("1 callback put back")
    assert spool.oldest() == aside["name"]
    assert len(spool.waiting()) == 2
    assert list((spool.folder / "bad").iterdir()) == []


def test_no_spool_at_all_is_an_empty_one(terminal):
    assert terminal.run("spool").stdout == "0 callbacks waiting for Postgres.\n"
    assert terminal.run("spool", "retry").exit_code == 0


def test_a_spool_that_is_not_ours_is_told_in_plain_words(terminal, spool, monkeypatch):
    def refuse(*_: object):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("workers.spool.quarantine.os.rename", refuse)

    result = terminal.run("spool", "retry")

    assert result.exit_code == 1
    assert "Permission denied" in result.stderr
