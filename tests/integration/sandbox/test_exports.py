"""Exports: each POST generates one at once, in the shapes of Cention."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import requests

pytestmark = pytest.mark.usefixtures("one_day")

TYPE = "c3_trigger_exports"
PRESET = {"type": "c3_exports", "id": "316"}


def trigger(cention, *, preset=PRESET, **attributes):
    document = {
        "data": {
            "type": TYPE,
            "attributes": attributes,
            "relationships": {"export": {"data": preset}},
        }
    }
    return cention.api(TYPE, "POST", data=json.dumps(document))


def content(cention, **attributes):
    response = trigger(cention, **attributes)
    assert response.status_code == 201
    return response.json()["data"]["attributes"].get("content")


def day(ago=0):
    return (datetime.now(ZoneInfo("Europe/Stockholm")) - timedelta(days=ago)).strftime("%Y/%m/%d")


def moved(cention, *, days, closed=False):
    errand = cention.new_errand()
    if closed:
        cention.control(f"errands/{errand}/change", {"kind": "close"})
    cention.control("exports/move", {"errand_id": errand, "days": days})
    return errand


def test_content_is_left_out_for_none_an_object_for_one_and_a_list_for_more(cention):
    none = content(cention)
    first = cention.new_errand()
    one = content(cention)
    cention.new_errand()
    two = content(cention)

    assert none is None
    assert int(one["errand_id"]) == first
    assert len(two) == 2


def test_each_post_generates_another_export(cention):
    first, second = trigger(cention).json(), trigger(cention).json()

    assert first["data"]["id"] != second["data"]["id"]
    assert first["data"]["attributes"]["c3_id"] == int(first["data"]["id"])
    assert len(cention.control("truth/exports")) == 2


def test_the_days_are_those_of_arrival(cention):
    moved(cention, days=10)
    inside = moved(cention, days=5)
    moved(cention, days=1)

    found = content(cention, errand_from_date=day(6), errand_to_date=day(5))

    assert int(found["errand_id"]) == inside


def test_with_use_closure_date_the_days_are_those_of_closing(cention):
    moved(cention, days=5)
    closed = moved(cention, days=5, closed=True)

    days = {"errand_from_date": day(5), "errand_to_date": day(5)}
    found = content(cention, use_closure_date=True, **days)

    assert int(found["errand_id"]) == closed
    assert found["timestamp_closed"]


@pytest.mark.parametrize(
    "preset", [{"type": "c3_exports", "id": "7"}, {"type": "c3_exports", "id": 316}, [PRESET], None]
)
def test_a_missing_preset_or_a_list_of_presets_is_an_error(cention, preset):
    assert trigger(cention, preset=preset).status_code == 400
    assert cention.control("truth/exports") == {}


@pytest.mark.parametrize("attributes", [{"use_closure_date": "true"}, {"errand_from_date": 2024}])
def test_a_value_of_the_wrong_type_is_406(cention, attributes):
    assert trigger(cention, **attributes).status_code == 406
    assert trigger(cention, preset={"type": "c3_export", "id": "3"}).status_code == 406


def test_a_date_with_hyphens_is_an_error(cention):
    assert trigger(cention, errand_from_date="2024-01-01").status_code == 400


def test_an_export_is_generated_although_the_answer_is_lost(cention):
    cention.control("faults", {"dropped": {"times": 1}})

    with pytest.raises(requests.ConnectionError):
        trigger(cention)

    assert len(cention.control("truth/exports")) == 1


def test_times_are_in_the_workspaces_time_zone(cention):
    cention.new_errand()

    arrived = content(cention)["timestamp_arrived"]

    arrival = datetime.strptime(arrived, "%Y/%m/%d %H:%M").replace(
        tzinfo=ZoneInfo("Europe/Stockholm")
    )
    assert abs(datetime.now(UTC) - arrival) < timedelta(minutes=2)
