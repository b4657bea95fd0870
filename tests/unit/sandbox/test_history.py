"""The months before the sandbox started: seasons, weeks, hours, and what happens to errands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta
from statistics import mean, median
from zoneinfo import ZoneInfo

import pytest

from deploy.sandbox.world.history import History, volume
from deploy.sandbox.world.history.staffing import STAFFING, later, open_seconds
from deploy.sandbox.world.records import Verb

ZONE = ZoneInfo("Europe/Stockholm")
UNTIL = int(datetime(2026, 11, 28, 14, tzinfo=ZONE).timestamp())
HISTORY = History(zone=ZONE, seed=7, days=120, until=UNTIL)
BUSY_DAY = date(2026, 9, 2)  # in a campaign
HOUR_S = 3_600


@pytest.fixture(scope="module")
def errands():
    """The errands of seven weeks, around a campaign."""
    first = date(2026, 8, 17)
    return [one for n in range(49) for one in HISTORY.errands_of(first + timedelta(days=n))]


def local(at):
    return datetime.fromtimestamp(at, ZONE)


def share(errands, wanted):
    return sum(map(bool, map(wanted, errands))) / len(errands)


def times(errand, *verbs):
    return [action.at for action in errand.actions if action.verb in verbs]


def in_campaign(errand):
    return volume.is_campaign(local(errand.arrived_at).date())


def answer_h(errands: Iterable) -> list[float]:
    """Return the opening hours until the last answer of each errand."""
    return [
        open_seconds(one.area.item_id, one.arrived_at, one.answered_at, ZONE) / HOUR_S
        for one in errands
        if one.answered_at
    ]


@pytest.mark.slow
def test_the_same_seed_tells_the_same_history_and_another_one_another():
    again = replace(HISTORY)

    assert list(again.errands_of(BUSY_DAY)) == list(HISTORY.errands_of(BUSY_DAY))
    assert list(again.ratings()) == list(HISTORY.ratings())
    other = replace(HISTORY, seed=8)
    assert list(other.errands_of(BUSY_DAY)) != list(HISTORY.errands_of(BUSY_DAY))


def test_a_later_start_tells_the_same_history_further():
    now = list(HISTORY.errands_of(date(2026, 11, 20)))
    later_on = list(replace(HISTORY, until=UNTIL + 7 * 86_400).errands_of(date(2026, 11, 20)))

    assert [one.errand_id for one in later_on] == [one.errand_id for one in now]
    assert all(
        after.actions[: len(before.actions)] == before.actions
        for before, after in zip(now, later_on, strict=True)
    )
    assert later_on != now


def test_every_errand_is_found_by_its_id_alone_and_no_other_id_is():
    for one in HISTORY.errands_of(BUSY_DAY):
        assert HISTORY.errand(one.errand_id) == one
        assert HISTORY.errand(one.errand_id + 1) is None
    assert [HISTORY.errand(wrong) for wrong in (0, -1, 1, 10**13, 2**70)] == [None] * 5


def test_nothing_has_happened_after_the_start():
    for day in (HISTORY.last_day, HISTORY.last_day - timedelta(days=3)):
        assert all(one.changed_at <= UNTIL for one in HISTORY.errands_of(day))
    assert list(HISTORY.errands_of(HISTORY.last_day + timedelta(days=1))) == []
    assert list(HISTORY.errands_of(HISTORY.first_day - timedelta(days=1))) == []
    assert all(rating.created_at < UNTIL for rating in HISTORY.ratings())


@pytest.mark.slow
def test_no_id_of_an_errand_or_an_action_occurs_twice(errands):
    actions = [action.action_id for one in errands for action in one.actions]

    assert len(set(actions)) == len(actions)
    assert len({one.errand_id for one in errands}) == len(errands)
    assert len({one.answer.answer_id for one in errands if one.answer}) == sum(
        one.answer is not None for one in errands
    )


def test_mondays_are_busiest_and_week_ends_and_nights_are_quiet(errands):
    usual = [one for one in errands if not in_campaign(one)]
    weekdays = Counter(local(one.arrived_at).weekday() for one in usual)

    assert weekdays.most_common(1)[0][0] == 0
    assert max(weekdays[5], weekdays[6]) < weekdays[2] / 2
    assert share(usual, lambda one: local(one.arrived_at).hour < 6) < 0.05
    assert share(usual, lambda one: 9 <= local(one.arrived_at).hour < 16) > 0.5


def test_summer_is_quiet_december_is_busy_and_a_campaign_doubles_a_week(errands):
    assert volume.load(date(2026, 7, 15)) < 0.8 * volume.load(date(2026, 10, 14))
    assert volume.load(date(2026, 12, 16)) > 1.2 * volume.load(date(2026, 10, 14))
    assert volume.load(date(2026, 12, 25)) < 0.3 * volume.load(date(2026, 10, 14))
    weeks = Counter(local(one.arrived_at).isocalendar().week for one in errands)
    assert weeks[36] > 1.4 * weeks[35]


def test_answers_are_given_in_opening_hours(errands):
    for one in errands:
        for at in times(one, Verb.ANSWERED, Verb.ANSWERED_AND_CLOSED):
            opens, closes = STAFFING[one.area.item_id].hours(local(at).date())
            assert opens <= local(at).hour + local(at).minute / 60 <= closes


def test_answer_times_differ_by_area_and_have_long_tails(errands):
    usual = [one for one in errands if not in_campaign(one)]
    medians = {
        area: median(answer_h(one for one in usual if one.area.item_id == area))
        for area in STAFFING
    }

    assert medians[14] < medians[1] < medians[9] < medians[5]
    everything = sorted(answer_h(usual))
    assert everything[int(len(everything) * 0.99)] > 20 * median(everything)


def test_answer_times_differ_by_agent(errands):
    def mean_h(agent_id):
        mine = [one for one in errands if one.agent.item_id == agent_id and one.area.item_id == 9]
        return mean(min(hours, 20) for hours in answer_h(mine))

    assert mean_h(32) < mean_h(40)


def test_a_believable_share_is_late_and_more_of_it_in_a_campaign(errands):
    late = {
        peak: share(
            [one for one in errands if in_campaign(one) is peak], lambda one: one.sla_expiry == 2
        )
        for peak in (True, False)
    }

    assert 0.05 < late[False] < 0.2
    assert late[True] > 1.3 * late[False]


def test_everything_that_analysts_count_happens(errands):
    happened = Counter(verb for one in errands for verb in {action.verb for action in one.actions})
    shares = {verb: happened[verb] / len(errands) for verb in Verb}

    assert 0.04 < shares[Verb.REOPENED] < 0.12
    assert 0.05 < shares[Verb.MOVED] < 0.15
    assert 0.1 < shares[Verb.RATED] < 0.3
    assert 0.01 < shares[Verb.DELETED] < 0.06
    assert min(shares.values()) > 0.005
    unanswered = share(errands, lambda one: one.closed_at and not one.answered_at)
    assert 0.04 < unanswered < 0.1
    several = share(errands, lambda one: len({a.agent.item_id for a in one.actions} - {2}) > 1)
    assert 0.05 < several < 0.3
    assert len({one.service.name for one in errands}) == 5
    assert 0.1 < share(errands, lambda one: one.topic == 1) < 0.3
    assert 0.3 < share(errands, lambda one: one.tags) < 0.5


def test_some_customers_write_again_about_the_same_within_days(errands):
    known = {one.errand_id: one for one in errands}
    again = [(one, known[one.thread_id]) for one in errands if one.thread_id in known]

    assert 0.05 < len(again) / len(errands) < 0.15
    assert all(one.person == before.person for one, before in again)
    assert all(0 < one.arrived_at - before.arrived_at < 11 * 86_400 for one, before in again)


def test_late_answers_are_rated_worse(errands):
    rated = [one for one in errands if one.feedback is not None]
    late = [one.feedback for one in rated if one.sla_expiry == 2]
    in_time = [one.feedback for one in rated if one.sla_expiry != 2]

    assert mean(late) > mean(in_time) + 0.5  # the best has index 0


@pytest.mark.parametrize("day", [date(2026, 3, 27), date(2026, 10, 23)])
def test_opening_hours_are_counted_over_a_change_of_the_clock(day):
    friday_four = int(datetime(day.year, day.month, day.day, 16, tzinfo=ZONE).timestamp())

    answered_at = later(1, friday_four, 2 * HOUR_S, ZONE)

    assert local(answered_at).strftime("%A %H:%M") == "Monday 09:00"
    assert open_seconds(1, friday_four, answered_at, ZONE) == 2 * HOUR_S
