"""Opting out: by command and by import, for every vendor, and past the erasure of the person."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import psycopg
import pytest

from tests.integration.surveys.conftest import DAY, HOUR, START
from tests.support.eventually import eventually
from workers.surveys.jobs import opt_out
from workers.surveys.jobs.opt_out import BadContact, contact_from
from workers.surveys.store import opt_outs

ANSWERED = START + HOUR
DUE = ANSWERED + HOUR
WAITS = (
    "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


def object_to(surveys, *contacts, source="operator"):
    found = [contact_from(contact, surveys.workspace) for contact in contacts]
    return opt_out.add(surveys.conn, surveys.workspace, found, source=source)


def test_whoever_opted_out_is_not_invited_whatever_the_notation(csat):
    object_to(csat, "ANNA@example.org ")
    errand = csat.errand(from_address="anna@example.ORG")

    csat.decide(DUE)

    assert csat.outcome(errand) == "opted_out"


def test_an_objection_outlives_the_erasure_of_the_person(csat):
    object_to(csat, "anna@example.org")
    csat.ask("UPDATE feedback.opt_out SET contact = NULL")
    errand = csat.errand(from_address="anna@example.org")

    csat.decide(DUE)

    assert csat.outcome(errand) == "opted_out"


def test_an_invitation_that_is_still_to_be_sent_is_withdrawn(csat):
    csat.errand(from_address="anna@example.org")
    csat.errand(from_address="bo@example.org")
    csat.decide(DUE)

    object_to(csat, "anna@example.org")

    assert {row["contact"]: row["state"] for row in csat.invitations()} == {
        "anna@example.org": "withdrawn",
        "bo@example.org": "due",
    }
    assert csat.decisions() == {1: "opted_out", 2: "invite"}


def test_an_objection_changes_no_invitation_that_was_sent(csat):
    csat.errand(from_address="anna@example.org")
    csat.decide(DUE)
    csat.settle()

    object_to(csat, "anna@example.org")

    assert [row["state"] for row in csat.invitations()] == ["triggered"]
    assert csat.decisions() == {1: "invite"}


@pytest.mark.parametrize("turn", [1, -1])
def test_objections_of_several_persons_are_recorded_in_one_order(csat, turn):
    """Otherwise two imports of the same persons could each wait for the other."""
    persons = [(b"\1" * 32, "anna@example.org"), (b"\2" * 32, "bo@example.org")]
    opt_outs.add(csat.conn, "demo", dict(persons), source="operator")
    lock = "SELECT FROM feedback.opt_out WHERE contact = %s FOR UPDATE"
    with (
        ThreadPoolExecutor(1) as beside,
        psycopg.connect(csat.database, autocommit=True) as conn,
        psycopg.connect(csat.database, options="-c lock_timeout=60s") as other,
    ):
        other.execute(lock, ["anna@example.org"])
        again = beside.submit(opt_outs.add, conn, "demo", dict(persons[::turn]), source="import")
        eventually(lambda: csat.ask(WAITS))
        other.execute(f"{lock} NOWAIT", ["bo@example.org"])
        other.commit()
        assert again.result(60) == 0


def test_an_objection_may_be_taken_back_and_made_again(csat):
    anna = contact_from("anna@example.org", csat.workspace)

    assert object_to(csat, "anna@example.org") == 1
    assert object_to(csat, "anna@example.org") == 0
    assert opt_out.remove(csat.conn, csat.workspace, anna)
    assert not opt_out.remove(csat.conn, csat.workspace, anna)
    errand = csat.errand(from_address="anna@example.org")
    csat.decide(DUE)
    assert csat.outcome(errand) == "invite"
    assert object_to(csat, "anna@example.org", source="import") == 1

    later = csat.errand(ANSWERED + 90 * DAY, from_address="anna@example.org")
    csat.decide(DUE + 90 * DAY + timedelta(minutes=1))
    assert csat.outcome(later) == "opted_out"


def test_what_is_no_contact_cannot_opt_out(csat):
    with pytest.raises(BadContact):
        contact_from("nobody", csat.workspace)
