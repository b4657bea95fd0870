"""The sandbox says which answers about an errand it has made, and whether each was sent."""

from __future__ import annotations

import time

import pytest
import requests

from tests.integration.sandbox.sandbox_server import sandbox_server
from tests.support.eventually import eventually

TOKEN = {"Authorization": "Bearer sandbox-token"}


@pytest.fixture
def cention():
    """A sandbox that knows every SLA at once."""
    with sandbox_server(sla_delay_s=0) as running:
        yield running


def fetch(cention, errand_id, **options):
    return cention.api(f"c3_errand_reports/{errand_id}", **options)


def answers(cention, errand_id):
    return cention.control("truth/fetches").get(str(errand_id), [])


def test_every_answer_is_listed_in_order_with_its_time_and_what_it_said(cention):
    errand_id = cention.new_errand()
    began = time.time()
    fetch(cention, errand_id)
    cention.control(f"errands/{errand_id}/change", {"kind": "close"})
    cention.control(f"errands/{errand_id}/change", {"kind": "tag"})
    data = fetch(cention, errand_id).json()["data"]["attributes"]

    first, second = answers(cention, errand_id)

    assert (first["version"], second["version"]) == (1, 3)
    assert (first["report"]["closed"], second["report"]["closed"]) == (False, True)
    assert began <= first["at"] <= second["at"] <= time.time()
    tags = [tag["id"] for tag in data["extended"]["errand_tags"] or ()]
    assert second["report"]["tags"] == tags
    assert second["report"]["area_id"] == data["basic"]["data"]["area"]
    assert second["report"]["handling_time"] == data["sla"]["handling_time"]
    assert {one["delivery"]["sent"] for one in (first, second)} == {"whole"}


def test_an_answer_about_an_errand_that_is_gone_has_no_report(cention):
    errand_id = cention.new_errand()
    cention.control(f"errands/{errand_id}/change", {"kind": "purge"})
    assert fetch(cention, errand_id).status_code == 404

    [answer] = answers(cention, errand_id)

    assert answer["report"] is None


def test_a_report_without_sla_is_listed_without_it(cention):
    errand_id = cention.new_errand()
    cention.control("faults", {"sla_null": {}})
    fetch(cention, errand_id)

    [answer] = answers(cention, errand_id)

    assert answer["report"]["handling_time"] is None
    assert answer["report"]["within_sla"] is None


@pytest.mark.parametrize("fault", ["error_500", "broken_json", "unreadable", "truncated"])
def test_an_answer_that_a_fault_has_changed_is_marked(cention, fault):
    errand_id = cention.new_errand()
    cention.control("faults", {fault: {}})
    try:
        fetch(cention, errand_id)
    except requests.RequestException:
        assert fault == "truncated"

    [answer] = answers(cention, errand_id)

    assert answer["delivery"]["sent"] == "damaged"


def test_a_request_that_did_not_reach_cention_is_not_listed(cention):
    errand_id = cention.new_errand()
    cention.control("faults", {"busy": {}})
    fetch(cention, errand_id)

    assert answers(cention, errand_id) == []


def test_an_answer_whose_reader_has_gone_is_marked(cention):
    errand_id = cention.new_errand()
    slow = {"slow_body": {"seconds": 20, "types": ["c3_errand_reports"]}}
    cention.control("faults", slow)
    url = f"{cention.root}/s/demo/capi/json/c3_errand_reports/{errand_id}"

    with cention.session.get(url, headers=TOKEN, stream=True, timeout=10):
        [answer] = answers(cention, errand_id)
        assert answer["delivery"]["sent"] == "pending"

    assert eventually(lambda: answers(cention, errand_id)[0]["delivery"]["sent"] == "broken")
