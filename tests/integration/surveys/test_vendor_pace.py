"""How fast, and from when on, a vendor is asked."""

from __future__ import annotations

from datetime import timedelta

import psycopg
import pytest

from tests.integration.surveys.conftest import START
from workers.surveys.store import vendors

PLACE = ("demo", "digidesk")
MINUTE = timedelta(minutes=1)


@pytest.fixture
def conn(database):
    """A connection to a database in which the vendor was asked nothing yet."""
    with psycopg.connect(database, autocommit=True) as conn:
        vendors.lock(conn, *PLACE, now=START)
        yield conn


def pace(conn, *, now=START):
    return vendors.lock(conn, *PLACE, now=now)


def test_a_shorter_wait_does_not_shorten_a_longer_one(conn):
    vendors.wait(conn, *PLACE, until=START + 10 * MINUTE)
    vendors.wait(conn, *PLACE, until=START + MINUTE)

    assert pace(conn).not_before == START + 10 * MINUTE


def test_whoever_tries_a_vendor_that_is_not_paused_any_more_does_not_pause_it(conn):
    vendors.postpone_probe(conn, *PLACE, until=START + MINUTE)

    assert pace(conn).paused_until is None


def test_requests_of_the_last_minute_count_and_no_others(conn):
    vendors.count_asked(conn, *PLACE, 2, now=START)
    vendors.count_asked(conn, *PLACE, 3, now=START + MINUTE / 2)

    assert pace(conn, now=START + MINUTE / 2).asked == 5
    assert pace(conn, now=START + 1.2 * MINUTE).asked == 3
    assert pace(conn, now=START + 2 * MINUTE).asked == 0


def test_requests_before_a_clock_was_put_back_do_not_count_and_are_forgotten(conn):
    vendors.count_asked(conn, *PLACE, 9, now=START + 60 * MINUTE)

    assert pace(conn).asked == 0
    vendors.count_asked(conn, *PLACE, 1, now=START)
    assert pace(conn, now=START + 60 * MINUTE).asked == 0


def test_requests_of_more_than_a_minute_ago_are_forgotten(conn):
    vendors.count_asked(conn, *PLACE, 9, now=START)
    vendors.count_asked(conn, *PLACE, 1, now=START + 2 * MINUTE)

    assert pace(conn).asked == 0
