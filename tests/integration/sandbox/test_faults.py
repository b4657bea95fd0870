"""Faults: the effect of each on the answer and on the dirty flag."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from deploy.sandbox.http.faults import read_fault_option
from tests.integration.sandbox.sandbox_server import sandbox_server
from tests.support.eventually import eventually


def report(cention, errand_id):
    return cention.api(f"c3_errand_reports/{errand_id}")


@pytest.mark.parametrize(
    ("fault", "status"),
    [("unauthorised", 401), ("busy", 503), ("not_found", 404), ("login_page", 200)],
)
def test_a_failure_before_cention_keeps_the_flag(cention, fault, status):
    errand_id = cention.new_errand()
    cention.control("faults", {fault: {}})

    assert report(cention, errand_id).status_code == status
    cention.control("faults", {fault: None})

    assert cention.dirty_errands() == [errand_id]


@pytest.mark.parametrize("fault", ["error_500", "broken_json", "unreadable"])
def test_a_damaged_answer_has_cleared_the_flag(cention, fault):
    errand_id = cention.new_errand()
    cention.control("faults", {fault: {"types": ["c3_errand_reports"]}})

    response = report(cention, errand_id)

    assert response.status_code == (500 if fault == "error_500" else 200)
    assert cention.dirty_errands() == []


@pytest.mark.parametrize("fault", ["dropped", "truncated"])
def test_a_lost_answer_has_cleared_the_flag(cention, fault):
    errand_id = cention.new_errand()
    cention.control("faults", {fault: {"types": ["c3_errand_reports"]}})

    with pytest.raises(requests.RequestException):
        report(cention, errand_id)

    assert cention.dirty_errands() == []


def test_busy_has_a_retry_after(cention):
    cention.control("faults", {"busy": {"seconds": 3}})

    assert cention.api("c3_dirty_errand_list").headers["Retry-After"] == "3"


def test_a_login_page_is_html(cention):
    cention.control("faults", {"login_page": {}})

    response = cention.api("c3_dirty_errand_list")

    assert response.headers["Content-Type"] == "text/html"
    assert response.text.startswith("<!DOCTYPE html>")


def test_broken_json_cannot_be_decoded_and_an_unreadable_document_can(cention):
    errand_id = cention.new_errand()

    cention.control("faults", {"broken_json": {"times": 1}})
    with pytest.raises(requests.JSONDecodeError):
        report(cention, errand_id).json()

    cention.control("faults", {"unreadable": {}})
    assert isinstance(report(cention, errand_id).json()["data"]["attributes"], str)


@pytest.mark.parametrize("fault", ["latency", "slow_body"])
def test_a_delayed_answer_is_complete_and_of_the_time_of_the_request(cention, fault):
    errand_id = cention.new_errand()
    cention.control("faults", {fault: {"seconds": 0.3}})

    before = time.monotonic()
    response = report(cention, errand_id)

    assert time.monotonic() - before >= 0.25
    assert response.json()["data"]["id"] == str(errand_id)


def test_a_change_during_a_delayed_answer_is_not_in_it_and_sets_the_flag(cention):
    errand_id = cention.new_errand()
    cention.control("faults", {"latency": {"seconds": 0.5, "types": ["c3_errand_reports"]}})

    with ThreadPoolExecutor() as pool:
        pending = pool.submit(report, cention, errand_id)
        eventually(lambda: cention.dirty_errands() == [])
        cention.control(f"errands/{errand_id}/change", {"kind": "close"})
        response = pending.result()

    assert response.json()["data"]["attributes"]["basic"]["data"]["closed"] is False
    assert cention.dirty_errands() == [errand_id]


def test_a_fault_keeps_the_sla_at_null(cention):
    ids = cention.control("errands", {"count": 20})["ids"]
    cention.control("faults", {"sla_null": {}})

    slas = [report(cention, one).json()["data"]["attributes"]["sla"] for one in ids]

    assert slas == [None] * 20


def test_a_fault_can_be_limited_to_ids_and_types(cention):
    first, second = cention.control("errands", {"count": 2})["ids"]
    cention.control("faults", {"error_500": {"ids": [first], "types": ["c3_errand_reports"]}})

    assert report(cention, first).status_code == 500
    assert report(cention, second).status_code == 200
    assert cention.api("c3_dirty_errand_list").status_code == 200


def test_a_fault_can_be_limited_to_a_number_of_times(cention):
    cention.control("faults", {"busy": {"times": 2}})

    statuses = [cention.api("c3_dirty_errand_list").status_code for _time in range(4)]

    assert statuses == [503, 503, 200, 200]
    assert cention.control("stats")["faults"] == {"busy": 2}


def test_a_fault_with_a_probability_is_repeatable_with_a_seed():
    def statuses():
        with sandbox_server(seed=3, faults=(read_fault_option("busy=0.5"),)) as cention:
            return [cention.api("c3_dirty_errand_list").status_code for _time in range(30)]

    first = statuses()

    assert set(first) == {200, 503}
    assert statuses() == first


def test_all_faults_can_be_cleared_at_once(cention):
    cention.control("faults", {"busy": {}, "latency": {"seconds": 0.1}})

    cention.session.delete(f"{cention.root}/sandbox/faults", timeout=10)

    assert cention.control("faults") == {}
    assert cention.api("c3_dirty_errand_list").status_code == 200


@pytest.mark.parametrize(
    "switches",
    [{"earthquake": {}}, {"busy": 1}, {"busy": {"probability": 2}}, {"busy": {"often": 1}}, []],
)
def test_an_unknown_fault_is_refused(cention, switches):
    response = cention.session.post(f"{cention.root}/sandbox/faults", json=switches, timeout=10)

    assert response.status_code == 400
    assert response.json()["error"]
