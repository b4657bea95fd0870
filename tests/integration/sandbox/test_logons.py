"""The log of log-ins and log-outs, as in Cention's documentation."""

from __future__ import annotations

import csv
import random
import time
from datetime import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from deploy.sandbox.resources.logons import AGENTS, HISTORY_S, OWN_GROUP, Logons
from deploy.sandbox.world.customers import Customers
from deploy.sandbox.world.records import Ids
from deploy.sandbox.world.world import World
from tests.conftest import DOCUMENTS
from tests.integration.sandbox.sandbox_server import sandbox_server
from tests.support.eventually import eventually

AT = 1_554_108_462
DAY_S = 86_400


def logio(cention, **query):
    return cention.session.get(
        f"{cention.root}/s/demo/capi/custom/logio",
        params=query,
        headers={"Authorization": "Bearer sandbox-token"},
        timeout=10,
    )


@pytest.fixture
def log(cention):
    def write(**event):
        return cention.control("logons", event)

    return write


@pytest.fixture
def sample(log):
    """The events of the documented sample."""
    with (DOCUMENTS / "logio.csv").open(encoding="utf-8") as file:
        for _, name, timestamp, action in csv.reader(file):
            log(name=name, timestamp=int(timestamp), action=action)


def test_json_has_the_members_of_the_documented_sample(cention, sample, document):
    answer = logio(cention, format="json", **{"from": AT, "to": AT + 999})

    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json() == document("logio")


@pytest.mark.parametrize("form", ["csv", None])
def test_csv_is_the_default_and_looks_like_the_documented_sample(cention, sample, form):
    answer = logio(cention, format=form, **{"from": AT, "to": AT + 999})

    assert answer.content == (DOCUMENTS / "logio.csv").read_bytes().rstrip(b"\n") + b"\n"


def test_record_numbers_start_at_one_in_each_answer(cention, sample):
    answer = logio(cention, format="json", **{"from": AT + 60, "to": AT + 999})

    assert [one["id"] for one in answer.json()] == [1, 2, 3, 4]


def test_the_log_can_be_filtered_by_login_name(cention, sample):
    answer = logio(cention, name="tester1", format="json", **{"from": AT, "to": AT + 999})

    assert [one["name"] for one in answer.json()] == ["tester1", "tester1"]


def test_without_times_the_log_covers_seven_days(cention, log):
    now = int(time.time())
    for days in (8, 6, 1):
        log(name=f"{days} days ago", timestamp=now - days * DAY_S)

    entries = logio(cention, format="json").json()

    assert [one["name"] for one in entries] == ["6 days ago", "1 days ago"]


def test_the_token_sees_its_own_system_group_only(cention, log):
    log(name="ours")
    log(name="theirs", group="B")

    entries = logio(cention, format="json", to=int(time.time()) + 9).json()

    assert [one["name"] for one in entries] == ["ours"]
    assert [one["name"] for one in cention.control("truth/logons")] == ["ours", "theirs"]


def test_an_empty_log_is_null_in_json_and_empty_in_csv(cention):
    assert logio(cention, format="json").text == "null"
    assert logio(cention).text == ""


def test_a_name_with_a_comma_or_a_quote_is_quoted_in_csv(cention, log):
    log(name='Doe, "J"', timestamp=AT)

    answer = logio(cention, **{"from": AT, "to": AT + 1})

    assert answer.text == f'1,"Doe, ""J""",{AT},Login\n'


def test_an_invalid_time_is_refused_with_plain_json(cention):
    answer = logio(cention, **{"from": "yesterday"})

    assert (answer.status_code, set(answer.json())) == (400, {"error"})


def test_a_wrong_token_is_refused(cention):
    answer = cention.session.get(f"{cention.root}/s/demo/capi/custom/logio", timeout=10)

    assert answer.status_code == 401


def test_faults_are_injected_into_the_log_too(cention):
    cention.control("faults", {"error_500": {"types": ["logio"]}})

    assert logio(cention).status_code == 500


def test_agents_log_in_and_out_while_changes_are_made_and_have_done_so_for_days():
    with sandbox_server(rate=1.0) as cention:
        assert eventually(lambda: cention.control("truth/logons"), within_s=5)
        entries = logio(cention, format="json").json()

    assert {one["name"] for one in entries} == {
        name for name, group in AGENTS if group == OWN_GROUP
    }
    assert {one["action"] for one in entries} == {"Login", "Logout"}


def test_with_a_past_agents_have_worked_on_all_workdays_before():
    with sandbox_server(rate=1.0, history_days=30) as cention:
        assert eventually(lambda: cention.control("truth/logons"), within_s=10)
        entries = logio(cention, format="json", **{"from": int(time.time()) - 29 * DAY_S}).json()

    past = [one for one in entries if one["timestamp"] < time.time() - DAY_S]
    local = [datetime.fromtimestamp(one["timestamp"], ZoneInfo("Europe/Stockholm")) for one in past]
    assert len({at.date() for at in local}) >= 18
    assert {at.weekday() for at in local} <= {0, 1, 2, 3, 4}
    assert all(7 <= at.hour <= 17 for at in local)
    assert {one["action"] for one in past} == {"Login", "Logout"}


def test_without_changes_no_agent_logs_in_or_out(cention):
    assert cention.control("truth/logons") == []


def test_log_ins_and_log_outs_alternate_and_some_are_logged_twice():
    rng = random.Random(1)
    logons = Logons(World(rng=rng, ids=Ids(1), customers=Customers(rng=rng)))
    logons.advance(10_000_000)
    before = len(logons.events)
    logons.advance(10_003_600)

    assert len(logons.events) > before + 60
    assert min(one.at for one in logons.events) >= 10_000_000 - HISTORY_S
    assert len(set(logons.events)) < len(logons.events)
    for name, _ in AGENTS:
        events = sorted({one for one in logons.events if one.name == name}, key=lambda one: one.at)
        assert all(one.action != following.action for one, following in pairwise(events))
