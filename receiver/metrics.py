"""``GET /metrics``: what the receiver has done, and what waits according to the database."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from datetime import UTC, datetime
from itertools import groupby
from operator import attrgetter
from typing import TypeAlias

from flask import Blueprint, Response
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from receiver.single_flight import SingleFlight
from workers.operations.store.gauges import Gauge as Figure
from workers.spool.layout import SpoolStatus

DATABASE_WITHIN_S = 2.0
SPOOL_WITHIN_S = 1.0

CALLBACKS = Counter(
    "cention_callbacks",
    "Callbacks by workspace (empty if unknown) and the status of the answer.",
    ["workspace", "status"],
)
PUSHES = Counter(
    "cention_pushed_answers",
    "Pushes of survey answers by workspace (empty if unknown) and the status of the answer.",
    ["workspace", "status"],
)
REFUSED_REQUESTS = Counter(
    "cention_refused_requests",
    "Requests refused before they reached the application, by the status of the answer.",
    ["status"],
)
DURATION = Histogram(
    "cention_callback_duration_seconds",
    "Time from the headers of a callback to its answer.",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0),
)
GROUP_SIZE = Histogram(
    "cention_callback_group_size",
    "Callbacks written with one commit.",
    buckets=(1, 2, 4, 8, 16, 32, 64),
)
PAGES = Counter("cention_survey_pages", "Survey pages by the status of the answer.", ["status"])
SPOOL = Counter("cention_spool_files", "Spooled callbacks by outcome.", ["outcome"])
BREAKER = Gauge(
    "cention_breaker_open",
    "1 while callbacks go straight to the spool, because Postgres is known to be down.",
    multiprocess_mode="livemax",
)
NUDGES = Counter("cention_nudges", "Messages to the workers by outcome.", ["outcome"])

ReadGauges: TypeAlias = Callable[[], Sequence[Figure]]
"""Reads figures from the database; raises if it is down; may block."""

ReadSpool: TypeAlias = Callable[[], SpoolStatus | None]
"""Reads the state of the spool; ``None`` if there is none."""


def blueprint(read_gauges: ReadGauges, read_spool: ReadSpool) -> Blueprint:
    """Build the page; it answers also while the database does not."""
    page = Blueprint("metrics", __name__)
    database, spool = SingleFlight(read_gauges), SingleFlight(read_spool)

    @page.get("/metrics")
    def scrape() -> Response:
        gauges = CollectorRegistry(auto_describe=False)
        running = database.call(), spool.call()
        gauges.register(_Figures([*_of_database(running[0]), *_of_spool(running[1])]))
        body = generate_latest(_own_registry()) + generate_latest(gauges)
        return Response(body, content_type=CONTENT_TYPE_LATEST)

    return page


class _Figures(Collector):
    def __init__(self, figures: Sequence[Figure]) -> None:
        self._figures = figures

    def collect(self) -> Iterable[Metric]:
        by_name = sorted(self._figures, key=attrgetter("name"))
        for name, same in groupby(by_name, key=attrgetter("name")):
            yield _family(name, list(same))


def _family(name: str, gauges: Sequence[Figure]) -> Metric:
    labels = tuple(gauges[0].labels)
    kind = CounterMetricFamily if name.endswith("_total") else GaugeMetricFamily
    family = kind(name, gauges[0].help, labels=labels)
    for gauge in gauges:
        family.add_metric([gauge.labels[label] for label in labels], gauge.value)
    return family


def _of_database(running: Future[Sequence[Figure]]) -> list[Figure]:
    try:
        gauges = list(running.result(DATABASE_WITHIN_S))
    except Exception:  # down, or too slow to wait for
        return [_database_up(0)]
    return [*gauges, _database_up(1)]


def _database_up(value: float) -> Figure:
    help_text = "Whether the database answered this scrape."
    return Figure(name="cention_database_up", help=help_text, labels={}, value=value)


def _of_spool(running: Future[SpoolStatus | None]) -> Iterator[Figure]:
    """Without a spool there are no figures: a 0 would say that all is well."""
    try:
        status = running.result(SPOOL_WITHIN_S)
    except Exception:  # a disk that hangs
        return
    if status is None:
        return
    for name, text, value in (
        ("waiting", "Spooled callbacks on their way to Postgres.", status.waiting),
        ("bytes", "Size of all files in the spool.", status.size_bytes),
        (
            "oldest_seconds",
            "Age of the oldest spooled callback.",
            status.oldest_s(datetime.now(UTC)),
        ),
        ("bad", "Spooled callbacks set aside for a person to examine.", status.bad),
    ):
        yield Figure(name=f"cention_spool_{name}", help=text, labels={}, value=float(value or 0))


def _own_registry() -> CollectorRegistry:
    """Return the counters of all processes of this server, or of this one if it is alone."""
    registry = CollectorRegistry()
    try:
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    except ValueError:  # PROMETHEUS_MULTIPROC_DIR is not set
        return REGISTRY
    return registry
