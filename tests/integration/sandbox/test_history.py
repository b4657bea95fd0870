"""The errands of the months before, as the API serves them."""

from __future__ import annotations

import json
import time
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from deploy.sandbox.world.history.recent_changes import LISTED_MAX
from tests.integration.sandbox.sandbox_server import sandbox_server
from tests.support.eventually import eventually

pytestmark = pytest.mark.usefixtures("one_day")

ZONE = ZoneInfo("Europe/Stockholm")
EXPORT = "c3_trigger_exports"


@pytest.fixture(scope="module")
def cention():
    with sandbox_server(history_days=50) as running:
        yield running


def day(ago):
    return (datetime.now(ZONE) - timedelta(days=ago)).strftime("%Y/%m/%d")


def exported(cention, **attributes):
    linked = {"export": {"data": {"type": "c3_exports", "id": "1"}}}
    document = {"data": {"type": EXPORT, "attributes": attributes, "relationships": linked}}
    response = cention.api(EXPORT, "POST", data=json.dumps(document))
    return response.json()["data"]["attributes"].get("content", [])


def report(cention, errand_id):
    return cention.api(f"c3_errand_reports/{errand_id}").json()["data"]["attributes"]


def ids(rows):
    return [int(row["errand_id"]) for row in rows]


def test_an_export_of_a_past_day_lists_errands_whose_reports_can_be_fetched(cention):
    rows = exported(cention, errand_from_date=day(30), errand_to_date=day(30))

    assert len(rows) > 10
    for row in rows[:20]:
        basic = report(cention, row["errand_id"])["basic"]["data"]
        assert basic["date"] == row["timestamp_arrived"]
        assert basic["date"].startswith(day(30))


def test_an_export_by_closure_finds_what_arrived_earlier(cention):
    days = {"errand_from_date": day(9), "errand_to_date": day(5)}
    rows = exported(cention, use_closure_date=True, **days)

    assert all(day(9) <= row["timestamp_closed"][:10] <= day(5) for row in rows)
    assert any(row["timestamp_arrived"][:10] < day(9) for row in rows)


def test_notes_have_the_words_and_the_exact_times_of_cention(cention):
    [first, *_] = exported(cention, errand_from_date=day(21), errand_to_date=day(20))

    errand_id = int(first["errand_id"])
    for action in report(cention, errand_id)["actions"]:
        assert action["note"].startswith(f"Errand {errand_id} was ")
        assert f" by agent {action['origin']} at {action['time']}." in action["note"]
        assert datetime.fromisoformat(action["time"][:19]).second is not None


def test_the_list_of_changes_has_what_changed_in_the_last_days_and_no_more():
    with sandbox_server(history_days=50) as cention:  # in the shared one tests change the past
        dirty = eventually(cention.dirty_errands)
        since = time.time() - 40 * 3_600

        assert all(
            max(action["timeStamp"] or since for action in report(cention, one)["actions"]) >= since
            for one in dirty[:50]
        )
        assert len(cention.dirty_errands()) < LISTED_MAX + 10


def test_more_recent_changes_are_listed_when_some_were_fetched(cention):
    listed = eventually(cention.dirty_errands)
    for one in listed:
        report(cention, one)

    assert eventually(lambda: set(cention.dirty_errands()) - set(listed), within_s=30)


def test_past_ratings_are_on_their_list(cention):
    assert eventually(lambda: len(cention.dirty_ratings()) > 10, within_s=60)


def test_an_errand_of_the_past_can_be_changed_and_stays_changed(cention):
    [first, *_] = ids(exported(cention, errand_from_date=day(12), errand_to_date=day(11)))
    before = cention.control(f"truth?errand={first}")

    cention.control(f"errands/{first}/change", {"kind": "reopen"})
    cention.api("c3_end_errands", "POST", data=json.dumps(end(first)))

    after = cention.control(f"truth?errand={first}")
    assert after["actions"] == before["actions"] + 2
    assert after["dirty"]
    assert first in cention.dirty_errands()
    again = exported(cention, errand_from_date=day(12), errand_to_date=day(11))
    assert ids(again).count(first) == 1
    assert [row["answer"] for row in again if int(row["errand_id"]) == first] == ["Done."]


def end(errand_id):
    attributes = {"errand_id": errand_id, "answer": {"body": "Done."}}
    return {"data": {"type": "c3_end_errands", "attributes": attributes}}


def test_marking_an_errand_of_the_past_lists_it_again(cention):
    [*_, last] = ids(exported(cention, errand_from_date=day(25), errand_to_date=day(24)))
    marked = {"type": "c3_dirty_errand_list", "attributes": {"errands": [last, last + 1]}}

    cention.api("c3_dirty_errand_list", "POST", data=json.dumps({"data": marked}))

    assert last in cention.dirty_errands()
    assert last + 1 not in cention.dirty_errands()


def test_the_expected_state_has_every_errand_of_the_past(cention):
    errands = cention.control("truth")["errands"]

    assert len(errands) == cention.control("stats")["history"]


def test_without_a_history_there_is_none():
    with sandbox_server() as cention:
        assert exported(cention) == []
        assert cention.control("stats")["history"] == 0
