"""Privacy: the dry run first, the erasure, the export, and what stays of them."""

from __future__ import annotations

import json
from dataclasses import replace

import psycopg
import pytest

from tests.support.databases import run_query
from tests.support.web import HOSTILE, USERS, add_errand, visitor
from workers.operations.jobs import housekeeping, operator_work
from workers.operations.jobs.operator_work import carry_out_next
from workers.privacy.jobs import erase_person
from workers.spool.layout import WAITING

KIM = "kim@customer.example"


class Died(Exception):
    """The worker is killed."""


def die(*_, **__):
    raise Died


@pytest.fixture
def errand(database):
    add_errand(database, 7)
    add_errand(database, 8, from_address="bo@customer.example", from_name="Bo")


def ask(operator, act="dry_run", address=KIM, **more):
    """Ask for something about a person; return the page that shows it."""
    answer = operator.post("/privacy/requests", act=act, address=address, **more)
    assert answer.status_code == 303
    return answer.headers["Location"]


def requests_of(database):
    return run_query(
        database,
        "SELECT kind, state, subject, problem, tries FROM intake.operator_request"
        " ORDER BY request_id",
    )


def acts(database):
    return run_query(
        database,
        "SELECT person, kind, object, outcome FROM intake.operator_action"
        " WHERE kind <> 'sign_in' ORDER BY action_id",
    )


def address_of(database, errand_id=7):
    [row] = run_query(
        database, "SELECT from_address FROM cention.errand WHERE errand_id = %s", errand_id
    )
    return row["from_address"]


def test_a_dry_run_is_shown_and_changes_nothing(operator, worker, errand, database):
    page = ask(operator)
    assert "Waiting for a worker" in operator.text(page)

    assert worker.work() == 1

    text = operator.text(page)
    assert "This would be changed." in text
    assert "cention.errand" in text
    assert "own errands: 1, and ratings: 0" in text
    assert KIM in text
    assert address_of(database) == KIM


def test_the_person_of_a_dry_run_is_erased_once_it_is_confirmed(operator, worker, errand, database):
    page = ask(operator)
    worker.work()
    erasure = operator.post(f"{page}/erase", sure="yes").headers["Location"]
    assert address_of(database) == KIM

    worker.work()

    assert address_of(database) is None
    assert address_of(database, 8) == "bo@customer.example"
    assert "The person is erased." in operator.text(erasure)
    assert "The erasure has been asked for." in operator.text(page)
    overview = operator.text("/privacy")
    assert "errand_reports" in overview
    assert KIM not in overview


def test_a_file_that_cannot_be_read_is_told_where_the_person_is_said_to_be_erased(
    operator, worker, errand, database
):
    worker.spool.mkdir()
    (worker.spool / f"1{WAITING}").write_text(f"no callback, from {KIM}")
    page = ask(operator)
    worker.work()
    erasure = operator.post(f"{page}/erase", sure="yes").headers["Location"]
    worker.work()

    text = operator.text(erasure)

    assert address_of(database) is None
    assert "The person is erased, but not in the files of the spool" in text
    assert f"1{WAITING}" in text
    assert acts(database)[-1]["outcome"].endswith("; not 1 unreadable file of the spool")


def test_after_a_worker_died_the_numbers_are_said_to_be_of_the_last_try(
    operator, worker, errand, database, monkeypatch
):
    page = ask(operator)
    worker.work()
    erasure = operator.post(f"{page}/erase", sure="yes").headers["Location"]
    with monkeypatch.context() as patched:
        patched.setattr(operator_work, "_finish", die)  # when everything is erased
        with pytest.raises(Died):
            worker.work()
    assert address_of(database) is None

    worker.work()

    assert "those of the last try alone" in operator.text(erasure)
    assert acts(database)[-1]["outcome"].endswith(
        " (try 2; what earlier tries changed is not counted)"
    )


def test_an_export_names_a_spool_that_cannot_be_read(operator, worker, errand):
    worker.spool.write_text("a file in place of the folder")
    page = ask(operator, "export")

    assert worker.work() == 1

    assert f"The spool {worker.spool} cannot be read: Not a directory." in operator.text(page)


def test_nothing_is_erased_without_the_mark_that_it_was_read(operator, worker, errand, database):
    page = ask(operator)
    worker.work()

    operator.post(f"{page}/erase")

    assert worker.work() == 0
    assert address_of(database) == KIM


@pytest.mark.parametrize("how", ["waiting", "old", "twice", "export"])
def test_an_erasure_needs_a_dry_run_of_its_own(operator, worker, errand, database, how):
    page = ask(operator, "export" if how == "export" else "dry_run")
    if how != "waiting":
        worker.work()
    if how == "twice":
        operator.post(f"{page}/erase", sure="yes")
    if how == "old":
        run_query(
            database,
            "UPDATE intake.operator_request SET finished_at = now() - interval '61 minutes'",
        )
    before = len(requests_of(database))

    answer = operator.post(f"{page}/erase", sure="yes")

    assert answer.status_code == (404 if how in ("old", "export") else 303)
    assert len(requests_of(database)) == before
    assert address_of(database) == KIM


def test_of_the_person_nothing_is_recorded_and_nothing_stays(operator, worker, errand, database):
    page = ask(operator)
    worker.work()
    operator.post(f"{page}/erase", sure="yes")
    worker.work()

    found = acts(database)
    assert [(one["kind"], one["object"]) for one in found] == [
        *[("erase_dry_run", "operator_request 1")] * 2,
        *[("erase", "operator_request 2")] * 2,
    ]
    assert found[0]["outcome"] == found[2]["outcome"] == "requested"
    assert found[1]["outcome"].startswith("would change ")
    assert found[3]["outcome"].startswith("done: ")
    assert {one["person"] for one in found} == {"olga"}
    assert KIM not in json.dumps(found)
    assert [one["subject"] for one in requests_of(database)] == [None, None]
    for table in ("operator_request", "operator_action"):
        assert (
            run_query(database, f"SELECT FROM intake.{table} AS t WHERE t::text LIKE '%%kim%%'")
            == []
        )


def test_the_data_of_a_person_is_saved_as_a_file(operator, worker, errand):
    page = ask(operator, "export")
    assert operator.get(f"{page}/export").status_code == 404
    worker.work()

    assert "is ready" in operator.text(page)
    answer = operator.get(f"{page}/export")

    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert answer.headers["Cache-Control"] == "no-store"
    document = json.loads(answer.get_data(as_text=True))
    assert [row["errand_id"] for row in document["tables"]["cention.errand"]] == [7]


def test_an_erasure_deletes_the_exports_that_were_made_before(operator, worker, errand):
    export = ask(operator, "export")
    dry_run = ask(operator)
    worker.work()
    operator.post(f"{dry_run}/erase", sure="yes")
    worker.work()

    assert operator.get(f"{export}/export").status_code == 404


def test_an_export_that_is_too_large_says_what_to_do(operator, worker, errand, monkeypatch):
    monkeypatch.setattr(operator_work, "MAX_EXPORT_BYTES", 10)
    page = ask(operator, "export")
    worker.work()

    assert "cention export-person" in operator.text(page)
    assert operator.get(f"{page}/export").status_code == 404


def test_results_are_deleted_an_hour_after_they_were_made(operator, worker, errand, database):
    page = ask(operator, "export")
    worker.work()
    run_query(
        database, "UPDATE intake.operator_request SET finished_at = now() - interval '61 minutes'"
    )
    assert operator.get(f"{page}/export").status_code == 404

    housekeeping.clean_up(worker.tools().session)

    assert requests_of(database) == []


@pytest.mark.parametrize("address", ["", "  ", "x" * 321, "a\0b@customer.example"])
def test_what_names_nobody_is_refused(operator, database, address):
    page = operator.post("/privacy/requests", act="dry_run", address=address)

    assert page.headers["Location"] == "/privacy"
    assert "Enter an address" in operator.text("/privacy")
    assert requests_of(database) == []


def test_a_hostile_address_is_shown_as_text(operator, worker):
    page = ask(operator, address=HOSTILE[:300])
    worker.work()

    assert "<script>" not in operator.text(page).replace("<script src=", "")


def test_a_request_whose_worker_died_is_begun_again_three_times_at_most(
    operator, worker, errand, database, monkeypatch
):
    page = ask(operator)
    with monkeypatch.context() as patched:
        patched.setattr(erase_person, "erase", die)
        for tries in (1, 2, 3):
            with pytest.raises(Died):
                worker.work()
            assert [one["tries"] for one in requests_of(database)] == [tries]
        assert worker.work() == 1

    [row] = requests_of(database)
    assert (row["state"], row["subject"]) == ("failed", None)
    assert "It was begun 3 times" in operator.text(page)


def test_a_request_is_kept_while_the_broker_is_away(operator, worker, errand):
    page = ask(operator)
    assert "did not accept the message" in operator.text(page)

    assert worker.work() == 1


def test_a_second_worker_leaves_a_request_to_the_first(operator, worker, errand, database):
    ask(operator)
    with (
        psycopg.connect(database, autocommit=True) as other,
        operator_work.advisory_locks.hold(other, operator_work.LOCK, slots=1) as slot,
    ):
        assert slot == 0
        assert not carry_out_next(worker.tools())

    assert worker.work() == 1


def test_whoever_erases_their_own_address_waits_for_no_lock(make_app, worker, database):
    add_errand(database, 7)
    someone = visitor(make_app(users=(replace(USERS[0], name=KIM),)))
    someone.sign_in(KIM)
    ask(someone)
    assert worker.work() == 1

    [row] = requests_of(database)
    assert (row["state"], row["problem"]) == ("done", None)


def test_retention_is_shown_as_it_is_set(operator):
    text = operator.text("/privacy")

    assert "RETAIN_BODIES_DAYS" in text
    assert "for ever" in text
    assert "730 days" in text
