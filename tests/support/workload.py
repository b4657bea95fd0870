"""analyst.workload_hour and analyst.agent_week, computed plainly from the facts of a centre."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import groupby, pairwise
from operator import itemgetter
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from deploy.sandbox.resources.logons import Logon
from tests.support.day_figures import ratio
from tests.support.figures import Figures

ONE_DAY = timedelta(days=1)
Row = dict[str, Any]
Span = tuple[int, int]


def workload_hour(all_: Iterable[Figures], days: Sequence[date], zone: ZoneInfo) -> list[Row]:
    """Return the rows of analyst.workload_hour for these days."""
    marks = [(day, hour, at) for day in sorted(days) for hour, at in beginnings(day, zone)]
    counts: defaultdict[tuple[Any, ...], Counter[str]] = defaultdict(Counter)
    for one in all_:
        service_id = one.errand.service_id
        moments = [("responses", at) for at in one.times("answered")]
        if one.arrived_at is not None:
            moments.append(("arrived", one.arrived_at))
        for name, at in moments:
            local = datetime.fromtimestamp(at, zone)
            key = (local.date(), local.hour, one.holder(at)[0], service_id)
            counts[key][name] += 1
        for begin, end, phase in one.phases if one.arrived_at is not None else []:
            if phase == "ended":
                continue
            for day, hour, at in marks[bisect_right(marks, begin, key=itemgetter(2)) :]:
                if end is not None and end < at:
                    break
                key = (day, hour, one.holder(at - 1)[0], service_id)
                counts[key]["open"] += 1
                counts[key]["waiting_on_us"] += phase == "us"
    return [
        {"day": day, "weekday": day.isoweekday(), "hour": hour, "area_id": area_id}
        | {"service_id": service_id}
        | {name: found[name] for name in ("arrived", "responses", "open", "waiting_on_us")}
        for (day, hour, area_id, service_id), found in counts.items()
        if day in days
    ]


def beginnings(day: date, zone: ZoneInfo) -> list[tuple[int, int]]:
    """Return when each hour of a day begins, if the clock shows it: the second time, if twice."""
    found = []
    for hour in range(24):
        local = datetime(day.year, day.month, day.day, hour, fold=1, tzinfo=zone)
        at = int(local.timestamp())
        if datetime.fromtimestamp(at, zone).hour == hour:
            found.append((hour, at))
    return found


class Shift(NamedTuple):
    """A log-in and its log-out; one of the two alone has no span."""

    name: str
    at: int
    span: Span | None


def shifts(logons: Iterable[Logon]) -> list[Shift]:
    """Return what log-ins and log-outs in any order come to; all of them are long ago."""
    found = []
    for name, events in groupby(sorted(set(logons)), lambda one: one.name):
        # Within one second a log-out comes first.
        ordered = sorted((one.at, one.action == "Login") for one in events)
        logged_in_at = None
        for at, is_login in ordered:
            if is_login:
                if logged_in_at is not None:
                    found.append(Shift(name, logged_in_at, None))
                logged_in_at = at
            elif logged_in_at is None:
                found.append(Shift(name, at, None))
            else:
                found.append(Shift(name, logged_in_at, (logged_in_at, at)))
                logged_in_at = None
        if logged_in_at is not None:
            found.append(Shift(name, logged_in_at, None))
    return found


def agent_week(
    all_: Iterable[Figures], logons: Iterable[Logon], agents: Mapping[str, int], zone: ZoneInfo
) -> list[Row]:
    """Return the rows of analyst.agent_week, without names; ``agents`` is who has a login name."""
    answers: defaultdict[tuple[Any, ...], list[tuple[int, int | None]]] = defaultdict(list)
    for one in all_:
        score = None if one.errand.versions[-1].state == "deleted" else one.row()["csat_score"]
        times = one.times("answered")
        for place, at in enumerate(times, 1):
            counted = score if place == len(times) else None
            answers[week_of(at, zone), one.holder(at)[1], None].append(
                (one.errand.errand_id, counted)
            )
    spans: defaultdict[tuple[Any, ...], list[Span]] = defaultdict(list)
    unpaired: Counter[tuple[Any, ...]] = Counter()
    names: defaultdict[tuple[Any, ...], set[str]] = defaultdict(set)
    for shift in shifts(logons):
        agent_id = agents.get(shift.name)
        whose = (agent_id, None if agent_id else shift.name)
        if shift.span is None:
            key = (week_of(shift.at, zone), *whose)
            unpaired[key] += 1
            names[key].add(shift.name)
            continue
        for week, span in by_week(shift.span, zone):
            spans[week, *whose].append(span)
            names[week, *whose].add(shift.name)
    return [
        _agent_row(key, answers.get(key, []), spans.get(key), names.get(key), unpaired[key])
        for key in answers.keys() | names.keys()
    ]


def _agent_row(
    key: tuple[Any, ...],
    answers: Sequence[tuple[int, int | None]],
    spans: Sequence[Span] | None,
    names: set[str] | None,
    unpaired: int,
) -> Row:
    scores = [score for _, score in answers if score is not None]
    satisfied = sum(score >= 4 for score in scores)
    low, high = wilson(satisfied, len(scores))
    seconds = together_s(spans) if spans else None
    return {
        "week": key[0],
        "agent_id": key[1],
        "login_names": sorted(names) if names else None,
        "logged_in_hours": rounded(Decimal(seconds) / 3600, 4) if seconds else None,
        "unpaired_logons": unpaired if names else None,
        "responses": len(answers),
        "errands": len({errand_id for errand_id, _ in answers}),
        "responses_per_hour": rounded(Decimal(len(answers)) * 3600 / seconds, 2)
        if seconds and key[1]
        else None,
        "csat_n": len(scores),
        "satisfied_count": satisfied,
        "satisfied_share": ratio(satisfied, len(scores)),
        "satisfied_low_share": low,
        "satisfied_high_share": high,
    }


def week_of(at: int, zone: ZoneInfo) -> date:
    """Return the Monday of the week of a moment."""
    day = datetime.fromtimestamp(at, zone).date()
    return day - day.weekday() * ONE_DAY


def by_week(span: Span, zone: ZoneInfo) -> list[tuple[date, Span]]:
    """Cut a span at the beginning of each week."""
    begin, end = span
    found = []
    week = week_of(begin, zone)
    while begin < end:
        after = week + 7 * ONE_DAY
        next_at = int(datetime(after.year, after.month, after.day, tzinfo=zone).timestamp())
        found.append((week, (begin, min(end, next_at))))
        begin, week = next_at, after
    return found


def together_s(spans: Iterable[Span]) -> int:
    """Return the seconds of spans; those that overlap count once."""
    edges = sorted([(at, 1) for at, _ in spans] + [(at, -1) for _, at in spans])
    seconds = under_way = 0
    for (at, step), (next_at, _) in pairwise(edges):
        under_way += step
        seconds += (next_at - at) if under_way else 0
    return seconds


def wilson(part: int, n: int) -> tuple[Decimal | None, Decimal | None]:
    """Return the interval of 95 percent of a share; ``None`` of nothing."""
    if not n:
        return None, None
    z, share = Decimal("1.96"), Decimal(part) / n
    middle = share + z**2 / (2 * n)
    margin = z * (share * (1 - share) / n + z**2 / (4 * n * n)).sqrt()
    whole = 1 + z**2 / n
    return rounded((middle - margin) / whole, 4), rounded((middle + margin) / whole, 4)


def rounded(value: Decimal, places: int) -> Decimal:
    """Round half up."""
    return value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
