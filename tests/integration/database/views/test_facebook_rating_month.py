"""analyst.facebook_rating_month: Facebook ratings by month."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

MARCH = datetime(2026, 3, 10, tzinfo=UTC)


def rate(centre, rating_id, **facts):
    known = {"created_at": MARCH, "fetched_at": MARCH}
    centre.put("cention.facebook_rating", workspace="demo", rating_id=rating_id, **(known | facts))


def test_every_rating_is_counted_by_its_stars_and_by_whether_it_has_a_message(centre):
    for rating_id, stars in enumerate((1, 5, 5, 4)):
        rate(centre, rating_id, rating=stars)
    rate(centre, 9, rating=None, message="Go there!")

    (found,) = centre.query("SELECT * FROM analyst.facebook_rating_month")

    assert found == {
        "workspace": "demo",
        "month": date(2026, 3, 1),
        "ratings": 5,
        "avg_rating": Decimal("3.75"),
        "stars_1": 1,
        "stars_2": 0,
        "stars_3": 0,
        "stars_4": 1,
        "stars_5": 2,
        "without_stars": 1,
        "with_message": 1,
        "gone": 0,
    }


def test_a_deleted_rating_is_counted_and_counted_as_gone(centre):
    rate(centre, 1, rating=2, gone_at=MARCH)

    (found,) = centre.query("SELECT ratings, stars_2, gone FROM analyst.facebook_rating_month")

    assert found == {"ratings": 1, "stars_2": 1, "gone": 1}


def test_the_month_begins_by_the_workspaces_clock(centre):
    rate(centre, 1, created_at=datetime(2026, 2, 28, 23, 30, tzinfo=UTC))

    (found,) = centre.query("SELECT month FROM analyst.facebook_rating_month")

    assert found == {"month": date(2026, 3, 1)}
