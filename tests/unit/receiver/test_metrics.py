"""What Prometheus is told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families
from receiver.breaker import Breaker
from receiver.keeping import NotKept

from workers.operations.store.status import Gauge
from workers.spool.layout import SpoolStatus


def scraped(door):
    """Return the samples of one scrape by name and labels."""
    response = door.get("/metrics")
    assert response.status_code == 200
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(response.text)
        for sample in family.samples
    }


def counted(door, status):
    return scraped(door).get(("cention_callbacks_total", (("status", str(status)),)), 0)


def not_kept(_):
    raise NotKept


def broken(_):
    raise RuntimeError


def test_callbacks_are_counted_by_their_answer(door, callback):
    before = counted(door, 200)

    door.post("/callbacks/demo", json=callback)
    door.post("/callbacks/demo", json=callback)

    assert counted(door, 200) == before + 2


@pytest.mark.parametrize(
    ("status", "keep", "body"),
    [(400, print, b"x"), (401, print, b"{}"), (503, not_kept, None), (500, broken, None)],
)
def test_refusals_and_failures_are_counted_too(open_door, callback, status, keep, body):
    door = open_door(keep=keep)
    before = counted(door, status)

    if body is None:
        door.post("/callbacks/demo", json=callback)
    else:
        door.post("/callbacks/demo", data=body)

    assert counted(door, status) == before + 1


def test_how_long_callbacks_take_is_measured(door, callback):
    name = ("cention_callback_duration_seconds_count", ())
    before = scraped(door)[name]

    door.post("/callbacks/demo", json=callback)

    assert scraped(door)[name] == before + 1


def test_other_pages_are_not_counted_as_callbacks(door):
    before = counted(door, 200)

    door.get("/health/live")

    assert counted(door, 200) == before


def test_what_waits_in_the_database_is_shown(open_door):
    gauges = [
        Gauge(name="cention_waiting", help="h", labels={"family": "a", "workspace": "w"}, value=3),
        Gauge(name="cention_oldest_seconds", help="h", labels={}, value=1.5),
        Gauge(name="cention_waiting", help="h", labels={"family": "b", "workspace": "w"}, value=0),
    ]

    samples = scraped(open_door(read_gauges=lambda: gauges))

    assert samples["cention_waiting", (("family", "a"), ("workspace", "w"))] == 3
    assert samples["cention_waiting", (("family", "b"), ("workspace", "w"))] == 0
    assert samples["cention_oldest_seconds", ()] == 1.5
    assert samples["cention_database_up", ()] == 1


def test_a_scrape_without_the_database_tells_what_the_process_knows(open_door):
    def down():
        raise ConnectionError("postgresql://user:password@db.test/cention")

    door = open_door(read_gauges=down)

    samples = scraped(door)

    assert samples["cention_database_up", ()] == 0
    assert ("cention_callback_duration_seconds_count", ()) in samples
    assert "password" not in door.get("/metrics").text


def test_what_lies_in_the_spool_is_shown(open_door):
    status = SpoolStatus(
        waiting=3, oldest_at=datetime.now(UTC) - timedelta(seconds=60), bad=1, size_bytes=4096
    )

    samples = scraped(open_door(read_spool=lambda: status))

    assert samples["cention_spool_waiting", ()] == 3
    assert samples["cention_spool_bytes", ()] == 4096
    assert samples["cention_spool_bad", ()] == 1
    assert 60 <= samples["cention_spool_oldest_seconds", ()] < 120


def test_of_a_spool_that_is_not_there_no_figure_is_shown(open_door):
    assert ("cention_spool_waiting", ()) not in scraped(open_door(read_spool=lambda: None))


def test_whether_postgres_is_known_to_be_away_is_shown(door):
    breaker = Breaker()

    breaker.open()
    assert scraped(door)["cention_breaker_open", ()] == 1

    breaker.close()
    assert scraped(door)["cention_breaker_open", ()] == 0
