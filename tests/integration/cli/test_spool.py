"""`cention spool`: lists waiting and quarantined callbacks, and requeues the latter."""

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


def test_waiting_and_quarantined_callbacks_are_listed_with_the_reason(terminal, spool):
    output = terminal.run("spool").stdout

    assert "1 callback waiting for Postgres" in output
    assert "Postgres refused it: 22P05" in output
    assert "cention spool retry" in output


def test_the_list_can_be_printed_as_json(terminal, spool):
    output = terminal.json("spool")

    assert output["waiting"] == 1
    assert [one["reason"] for one in output["set_aside"]] == ["Postgres refused it: 22P05"]


def test_a_retry_puts_everything_back_in_order_and_deletes_the_reasons(terminal, spool):
    [aside] = terminal.json("spool")["set_aside"]

    output = terminal.run("spool", "retry").stdout

    assert output.startswith("1 callback put back")
    assert spool.oldest() == aside["name"]
    assert len(spool.waiting()) == 2
    assert list((spool.folder / "bad").iterdir()) == []


def test_a_missing_spool_counts_as_empty(terminal):
    assert terminal.run("spool").stdout == "0 callbacks waiting for Postgres.\n"
    assert terminal.run("spool", "retry").exit_code == 0


def test_a_spool_that_cannot_be_read_is_reported(terminal, spool, monkeypatch):
    def refuse(*_: object):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("workers.spool.quarantine.os.rename", refuse)

    result = terminal.run("spool", "retry")

    assert result.exit_code == 1
    assert "Permission denied" in result.stderr
