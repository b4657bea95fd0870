"""Errand reports, and the dirty flag, which fetching a report clears."""

from __future__ import annotations

import json
import re
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from deploy.sandbox.world.changes import KINDS
from tests.integration.sandbox.sandbox_server import sandbox_server
from tests.support.eventually import eventually


def mark(errands):
    return json.dumps(
        {"data": {"type": "c3_dirty_errand_list", "attributes": {"errands": errands}}}
    )


def attributes(cention, errand_id):
    return cention.api(f"c3_errand_reports/{errand_id}").json()["data"]["attributes"]


def test_an_empty_list_of_changed_errands_has_no_attributes(cention):
    assert cention.api("c3_dirty_errand_list").json() == {
        "data": {"type": "c3_dirty_errand_list", "id": "0"}
    }


def test_a_new_errand_is_dirty_until_its_report_is_fetched(cention):
    errand_id = cention.new_errand()
    assert cention.dirty_errands() == [errand_id]
    assert cention.dirty_errands() == [errand_id]  # listing clears nothing

    assert cention.api(f"c3_errand_reports/{errand_id}").status_code == 200

    assert cention.dirty_errands() == []


def test_every_change_makes_an_errand_dirty_again(cention):
    errand_id = cention.new_errand()

    for kind in ("answer", *KINDS):
        cention.api(f"c3_errand_reports/{errand_id}")
        cention.control(f"errands/{errand_id}/change", {"kind": kind})

        assert cention.dirty_errands() == [errand_id]


def test_a_sparse_request_returns_one_attribute_and_clears_the_flag(cention):
    errand_id = cention.new_errand()

    response = cention.api(f"c3_errand_reports/{errand_id}?fields[c3_errand_reports]=sla")

    assert list(response.json()["data"]["attributes"]) == ["sla"]
    assert cention.dirty_errands() == []


def test_an_unknown_field_is_400_and_still_clears_the_flag(cention):
    errand_id = cention.new_errand()

    response = cention.api(f"c3_errand_reports/{errand_id}?fields[c3_errand_reports]=sla,slaa")

    assert response.status_code == 400
    assert response.json()["errors"][0]["code"] == "API2GO_INVALID_FIELD_QUERY_PARAM"
    assert cention.dirty_errands() == []


def test_the_first_value_of_a_repeated_parameter_is_used(cention):
    errand_id = cention.new_errand()

    response = cention.api(
        f"c3_errand_reports/{errand_id}"
        "?fields[c3_errand_reports]=sla&fields[c3_errand_reports]=basic"
    )

    assert list(response.json()["data"]["attributes"]) == ["sla"]


def test_errands_can_be_marked_as_changed(cention):
    errand_id = cention.new_errand()
    cention.api(f"c3_errand_reports/{errand_id}")

    response = cention.api("c3_dirty_errand_list", "POST", data=mark([errand_id, 5]) + " and more")

    assert response.status_code == 201
    assert response.json() == {"data": {"type": "c3_dirty_errand_list", "id": "0"}}
    assert response.headers["Location"] == "//capi/json//c3_dirty_errand_list/0"
    assert cention.dirty_errands() == [errand_id]


@pytest.mark.parametrize(
    "body",
    [
        "",
        "not json",
        "[]",
        "{}",
        '{"data": null}',
        "[" * 100_000,
        mark(["35"]),
        mark([True]),
        mark([3.5]),
        mark("35"),
        '{"data": {"type": "c3_errands", "id": "0", "attributes": {"errands": [35]}}}',
    ],
)
def test_a_body_of_another_shape_is_406(cention, body):
    assert cention.api("c3_dirty_errand_list", "POST", data=body).status_code == 406


def test_the_type_of_a_post_is_checked_only_if_there_is_an_id(cention):
    errand_id = cention.new_errand()
    body = {"data": {"type": "c3_end_errands", "attributes": {"errands": [errand_id]}}}

    response = cention.api("c3_dirty_errand_list", "POST", data=json.dumps(body))

    assert response.status_code == 201


def test_a_report_has_every_field_of_the_documented_sample(cention, document):
    sample = document("errand_report_33")["data"]["attributes"]

    ours = attributes(cention, cention.new_errand())

    assert ours.keys() == sample.keys()
    assert ours["basic"].keys() == sample["basic"].keys()
    assert ours["basic"]["data"].keys() == sample["basic"]["data"].keys()
    assert ours["extended"].keys() == sample["extended"].keys()
    assert ours["extended"]["feedback"].keys() == sample["extended"]["feedback"].keys()
    assert ours["actions"][0].keys() == sample["actions"][0].keys()
    assert sample["sla"].keys() == cention.control("truth")["errands"].popitem()[1]["sla"].keys()


def test_the_report_agrees_with_the_expected_state(cention):
    errand_id = cention.new_errand()
    for kind in ("answer", "tag", "assign", "move", "close", "delete"):
        expected = cention.control(f"errands/{errand_id}/change", {"kind": kind})

    report = attributes(cention, errand_id)

    data = report["basic"]["data"]
    assert expected["version"] == 7
    assert data["subject"] == expected["subject"]
    assert data["subject"].endswith("[7]")
    assert [action["id"] for action in report["actions"]][-1] == expected["last_action_id"]
    assert len(report["actions"]) == expected["actions"]
    assert (data["closed"], data["deleted"], data["answered"]) == (True, True, True)
    assert (data["area"], data["agentId"]) == (expected["area_id"], expected["agent_id"])
    assert (data["toAddresses"] or []) == expected["to"]
    assert [tag["id"] for tag in report["extended"]["errand_tags"] or []] == expected["tags"]


def test_dates_are_minutes_in_the_workspaces_time_zone_without_an_offset():
    with sandbox_server(zone=ZoneInfo("Asia/Kuala_Lumpur")) as cention:
        errand_id = cention.new_errand()

        data = attributes(cention, errand_id)["basic"]["data"]
        arrived_at = cention.control(f"truth?errand={errand_id}")["arrived_at"]

    there = datetime.fromtimestamp(arrived_at, ZoneInfo("Asia/Kuala_Lumpur"))
    assert data["date"] == there.strftime("%Y/%m/%d %H:%M")
    assert data["answeredDate"] == data["donedate"] == "No Date"


def test_the_time_of_an_action_is_printed_as_go_prints_it_and_may_have_a_fraction(cention):
    [errand_id] = cention.control("errands", {"actions": 20})["ids"]

    times = [action["time"] for action in attributes(cention, errand_id)["actions"]]

    pattern = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)? [+-]\d{4} [A-Z]+")
    assert all(pattern.fullmatch(time) for time in times)
    assert any("." in time for time in times)


def test_the_sample_data_has_unusual_characters_and_missing_values(cention):
    ids = cention.control("errands", {"count": 200})["ids"]

    reports = [attributes(cention, errand_id) for errand_id in ids]

    datas = [report["basic"]["data"] for report in reports]
    assert {True, False} == {data["toAddresses"] is None for data in datas}
    assert {True, False} == {data["copyAddresses"] is None for data in datas}
    assert {True, False} == {report["sla"] is None for report in reports}
    assert (0, "") in {(data["agentId"], data["agent"]) for data in datas}
    assert {data["attachments"] for data in datas} == {"0", "1", "3"}
    assert len({data["area"] for data in datas}) > 3
    assert len({data["organisationId"] for data in datas}) > 1
    assert any("\0" in data["body"] for data in datas)
    assert any("\ud83d" in data["body"] for data in datas)


def test_the_status_is_an_image_or_two_or_nothing(cention):
    errand_id = cention.new_errand()
    seen = [attributes(cention, errand_id)["basic"]["data"]["status"]]
    for kind in ("answer", "delete"):
        cention.control(f"errands/{errand_id}/change", {"kind": kind})
        seen.append(attributes(cention, errand_id)["basic"]["data"]["status"])

    assert [status.count("<img ") for status in seen] == [0, 1, 2]
    assert "ACTION_ANSWER" in seen[1]


def test_an_sla_that_is_not_yet_computed_is_null_and_its_value_sets_no_flag():
    with sandbox_server(sla_delay_s=0.3) as cention:
        ids = cention.control("errands", {"count": 40})["ids"]
        waiting = [one for one in ids if attributes(cention, one)["sla"] is None]
        assert waiting

        eventually(lambda: attributes(cention, waiting[0])["sla"])

        assert cention.dirty_errands() == []


def test_a_purged_errand_is_404_although_it_is_listed(cention):
    errand_id = cention.new_errand()
    cention.control(f"errands/{errand_id}/change", {"kind": "purge"})
    assert cention.dirty_errands() == [errand_id]

    response = cention.api(f"c3_errand_reports/{errand_id}")

    assert response.status_code == 404
    assert cention.dirty_errands() == []


def test_ten_thousand_errands_can_be_created_at_once_and_are_all_listed(cention):
    ids = cention.control("errands", {"count": 10_000, "actions": 3})["ids"]

    assert sorted(cention.dirty_errands()) == ids
    assert len(cention.control("truth")["errands"]) == 10_000
