"""The example queries of deploy/docs/analysts.md, run on a small contact centre."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from schemas.cention.errand_reports import ErrandSla, Tag

pytestmark = pytest.mark.usefixtures("one_day")

QUERIES = Path(__file__).parent / "queries"
DELAY, REFUND = Tag(tag_id=1, name="Delay"), Tag(tag_id=2, name="Refund")
SALES = {"area_id": 11, "area_name": "Sales"}
SUPPORT = {"area_id": 12, "area_name": "Support"}


def today(hour):
    """An hour of this day; the tests are stable near midnight."""
    return datetime.now(UTC).replace(hour=hour, minute=0, second=0, microsecond=0)


def sla(within):
    return ErrandSla(
        sla_expiry=0, sla_done_due=False, within_sla=within, handling_time_s=9, response_time_s=9
    )


@pytest.fixture
def small_centre(centre):
    centre.query("UPDATE cention.workspace SET timezone = 'UTC' RETURNING workspace")
    old = today(0) - timedelta(days=200)
    done = {"answered": True, "closed": True}
    waits = {"answered": False, "closed": False, "answered_at": None, "sla": None}
    centre.report(1, arrived_at=today(0), **SALES, **done, sla=sla(True), feedback_value=5)
    centre.report(2, arrived_at=today(0), **SALES, **done, sla=sla(True), tags=(REFUND,))
    centre.report(
        3, arrived_at=today(0), **SALES, **done, sla=sla(False), tags=(DELAY,), feedback_value=1
    )
    centre.report(4, arrived_at=today(0), **SUPPORT, **waits, tags=(DELAY,), feedback_value=2)
    centre.report(5, arrived_at=old, **waits, agent_id=None, agent_name=None, subject="Where?")
    centre.report(6, arrived_at=old, **waits, deleted=True)
    return centre


def run(centre, name):
    return [tuple(r.values()) for r in centre.query((QUERIES / f"{name}.sql").read_text("utf-8"))]


def test_sla_by_area_and_week(small_centre):
    week = today(0).date() - timedelta(days=today(0).weekday())

    assert run(small_centre, "sla_by_area_and_week") == [
        (week, "Sales", 3, 0, Decimal(67)),
        (week, "Support", 1, 1, None),
    ]


def test_longest_waiting(small_centre):
    found = run(small_centre, "longest_waiting")

    assert [row[:5] for row in found] == [
        ("5-1", "test-services-area", "(nobody)", "Where?", ""),
        ("4-1", "Support", "System Administrator", "test", "Delay"),
    ]
    assert found[0][5] > timedelta(days=199)


def test_satisfaction_by_tag(small_centre):
    assert run(small_centre, "satisfaction_by_tag") == [("Delay", 2, 2, Decimal("1.5"))]


def test_every_example_is_tested():
    tested = {name.removeprefix("test_") for name in globals()}

    assert {path.stem for path in QUERIES.iterdir()} <= tested
