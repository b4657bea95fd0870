"""The metrics that Prometheus scrapes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families

from receiver.circuit_breaker import CircuitBreaker
from receiver.durable_inbox import StorageUnavailable
from workers.operations.store.gauges import Gauge
from workers.spool.layout import SpoolStatus


def scraped(client):
    """Return the samples of one scrape by name and labels."""
    response = client.get("/metrics")
    assert response.status_code == 200
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(response.text)
        for sample in family.samples
    }


def counted(client, status, workspace="demo"):
    labels = (("status", str(status)), ("workspace", workspace))
    return scraped(client).get(("cention_callbacks_total", labels), 0)


def unavailable(_):
    raise StorageUnavailable


def broken(_):
    raise RuntimeError


def test_callbacks_are_counted_by_their_answer(client, callback):
    before = counted(client, 200)

    client.post("/callbacks/demo", json=callback)
    client.post("/callbacks/demo", json=callback)

    assert counted(client, 200) == before + 2


@pytest.mark.parametrize(
    ("status", "store", "body"),
    [(400, print, b"x"), (401, print, b"{}"), (503, unavailable, None), (500, broken, None)],
)
def test_refusals_and_failures_are_counted_too(make_client, callback, status, store, body):
    client = make_client(store=store)
    before = counted(client, status)

    if body is None:
        client.post("/callbacks/demo", json=callback)
    else:
        client.post("/callbacks/demo", data=body)

    assert counted(client, status) == before + 1


def test_the_duration_of_callbacks_is_measured(client, callback):
    name = ("cention_callback_duration_seconds_count", ())
    before = scraped(client)[name]

    client.post("/callbacks/demo", json=callback)

    assert scraped(client)[name] == before + 1


def test_other_pages_are_not_counted_as_callbacks(client):
    before = counted(client, 200)

    client.get("/health/live")

    assert counted(client, 200) == before


def test_the_figures_of_the_database_are_shown(make_client):
    gauges = [
        Gauge(name="cention_waiting", help="h", labels={"family": "a", "workspace": "w"}, value=3),
        Gauge(name="cention_oldest_seconds", help="h", labels={}, value=1.5),
        Gauge(name="cention_waiting", help="h", labels={"family": "b", "workspace": "w"}, value=0),
    ]

    samples = scraped(make_client(read_gauges=lambda: gauges))

    assert samples["cention_waiting", (("family", "a"), ("workspace", "w"))] == 3
    assert samples["cention_waiting", (("family", "b"), ("workspace", "w"))] == 0
    assert samples["cention_oldest_seconds", ()] == 1.5
    assert samples["cention_database_up", ()] == 1


def test_a_scrape_without_the_database_shows_the_other_figures(make_client):
    def down():
        raise ConnectionError("postgresql://user:password@db.test/cention")

    client = make_client(read_gauges=down)

    samples = scraped(client)

    assert samples["cention_database_up", ()] == 0
    assert ("cention_callback_duration_seconds_count", ()) in samples
    assert "password" not in client.get("/metrics").text


def test_the_state_of_the_spool_is_shown(make_client):
    status = SpoolStatus(
        waiting=3, oldest_at=datetime.now(UTC) - timedelta(seconds=60), bad=1, size_bytes=4096
    )

    samples = scraped(make_client(read_spool=lambda: status))

    assert samples["cention_spool_waiting", ()] == 3
    assert samples["cention_spool_bytes", ()] == 4096
    assert samples["cention_spool_bad", ()] == 1
    assert 60 <= samples["cention_spool_oldest_seconds", ()] < 120


def test_without_a_spool_its_figures_are_left_out(make_client):
    assert ("cention_spool_waiting", ()) not in scraped(make_client(read_spool=lambda: None))


def test_the_state_of_the_circuit_breaker_is_shown(client):
    breaker = CircuitBreaker()

    breaker.trip()
    assert scraped(client)["cention_breaker_open", ()] == 1

    breaker.reset()
    assert scraped(client)["cention_breaker_open", ()] == 0
