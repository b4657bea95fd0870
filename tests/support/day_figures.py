"""Figures by day and week, computed plainly from the rows of errands."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from math import floor
from typing import Any
from zoneinfo import ZoneInfo

from tests.support.figures import Figures

Row = dict[str, Any]


def day_of(row: Row, zone: ZoneInfo) -> Any:
    """Return the day of arrival."""
    at = row["arrived_at"]
    return None if at is None else datetime.fromtimestamp(at, zone).date()


def grouped(rows: Iterable[Row], key: Callable[[Row], Any]) -> dict[Any, list[Row]]:
    found: defaultdict[Any, list[Row]] = defaultdict(list)
    for row in rows:
        found[key(row)].append(row)
    return found


def response_time_day(rows: Sequence[Row], zone: ZoneInfo) -> list[Row]:
    """Return the rows of analyst.response_time_day."""
    answered = [one for one in rows if one["first_response_min"] is not None]
    found = []
    for by, column in (
        ("all", None), ("area", "area_id"), ("channel", "service_id"), ("agent", "agent_id"),
    ):  # fmt: skip
        groups = grouped(answered, lambda one, c=column: (day_of(one, zone), c and one[c]))
        for (day, value), members in groups.items():
            row: Row = {"day": day, "grouped_by": by, "n": len(members)}
            row |= dict.fromkeys(("area_id", "service_id", "agent_id"))
            if column:
                row[column] = value
            for name, suffix in (
                ("first_response_min", ""),
                ("first_response_business_min", "business_"),
            ):
                times = [one[name] for one in members]
                row[f"median_{suffix}min"] = percentile(times, 0.5)
                row[f"p90_{suffix}min"] = percentile(times, 0.9)
                row[f"p95_{suffix}min"] = percentile(times, 0.95)
            calendar = [one["first_response_min"] for one in members]
            business = [one["first_response_business_min"] for one in members]
            row["within_1_hour_share"] = share(calendar, 60)
            row["within_4_hours_share"] = share(calendar, 240)
            row["within_1_day_share"] = share(calendar, 1440)
            row["within_1_business_hour_share"] = share(business, 60)
            row["within_4_business_hours_share"] = share(business, 240)
            found.append(row)
    return found


def sla_day(rows: Sequence[Row], zone: ZoneInfo) -> list[Row]:
    """Return the rows of analyst.sla_day."""
    found = []
    keys = grouped(rows, lambda one: (day_of(one, zone), one["area_id"], one["service_id"]))
    for (day, area_id, service_id), members in keys.items():
        known = [one["sla_breached"] for one in members if one["sla_breached"] is not None]
        found.append(
            {
                "day": day, "area_id": area_id, "service_id": service_id, "arrived": len(members),
                "n": len(known), "breached": sum(known),
                "breached_share": ratio(sum(known), len(known)),
            }
        )  # fmt: skip
    return found


def channel_day(rows: Sequence[Row], zone: ZoneInfo) -> list[Row]:
    """Return the rows of analyst.channel_day, without names."""
    found = []
    for (day, service_id), members in grouped(
        rows, lambda one: (day_of(one, zone), one["service_id"])
    ).items():
        scores = [one["csat_score"] for one in members if one["csat_score"] is not None]
        first = [one for one in members if one["first_response_min"] is not None]
        business = [one["first_response_business_min"] for one in first]
        found.append(
            {
                "day": day, "service_id": service_id, "arrived": len(members), "n": len(first),
                "resolved": sum(one["resolved_at"] is not None for one in members),
                "reopened": sum(one["reopening_count"] > 0 for one in members),
                "one_touch": sum(bool(one["one_touch"]) for one in members),
                "median_first_response_min": percentile(
                    [one["first_response_min"] for one in first], 0.5
                ),
                "median_first_response_business_min": percentile(business, 0.5),
                "csat_n": len(scores),
                "satisfied_share": ratio(sum(one >= 4 for one in scores), len(scores)),
            }
        )  # fmt: skip
    return found


def tag_trend_week(all_: Iterable[Figures], zone: ZoneInfo) -> list[Row]:
    """Return the rows of analyst.tag_trend_week, without names."""
    weeks: defaultdict[Any, list[Figures]] = defaultdict(list)
    for one in all_:
        day = day_of(one.row(), zone)
        if day is not None:
            weeks[day - timedelta(days=day.weekday())].append(one)
    counts: defaultdict[tuple[Any, int], int] = defaultdict(int)
    for week, members in weeks.items():
        for one in members:
            for tag_id in one.errand.tag_ids:
                counts[week, tag_id] += 1
    return [
        {
            "week": week, "tag_id": tag_id, "errands": count, "n": len(weeks[week]),
            "errand_share": ratio(count, len(weeks[week])),
            "errands_before": counts.get((week - timedelta(days=7), tag_id)),
        }
        for (week, tag_id), count in list(counts.items())
    ]  # fmt: skip


def percentile(values: Sequence[Decimal], part: float) -> Decimal | None:
    """Return a percentile, between two values in proportion, rounded to hundredths."""
    if not values:
        return None
    ordered = sorted(map(float, values))
    place = part * (len(ordered) - 1)
    low, high = ordered[floor(place)], ordered[min(floor(place) + 1, len(ordered) - 1)]
    exact = Decimal(f"{low + (place - floor(place)) * (high - low):.15g}")
    return exact.quantize(Decimal("0.01"), ROUND_HALF_UP)


def share(values: Sequence[Decimal], limit: int) -> Decimal | None:
    """Return the share of values up to a limit."""
    return ratio(sum(one <= limit for one in values), len(values))


def ratio(part: int, of: int) -> Decimal | None:
    """Return a share, rounded to four places; ``None`` of nothing."""
    return (Decimal(part) / of).quantize(Decimal("0.0001"), ROUND_HALF_UP) if of else None
