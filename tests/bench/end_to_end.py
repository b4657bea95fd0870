"""The time from an accepted callback to its rows on an idle system, and one large attachment."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import requests

from tests.bench.backlog import watched
from tests.bench.servers import SECRET, BenchServers, wait_until
from tests.bench.table import Row
from workers.config.names import Family
from workers.sync.store import wanted

CALLBACKS = 100
SAMPLE = Path(__file__).parents[1] / "support" / "documents" / "callback_answer_errand.json"
LARGE_BYTES = 25 * 1024 * 1024


def measure(servers: BenchServers) -> Iterator[Row]:
    """Send callbacks one by one, each after the rows of the previous one are committed."""
    with (
        servers.sandbox() as cention,
        servers.web("wsgi:app") as web,
        servers.worker(cention) as worker,
    ):
        made = requests.post(f"{cention}/sandbox/errands", json={"count": CALLBACKS}, timeout=60)
        errands = made.json()["ids"]
        answers_s, reports_s = [], []
        with psycopg.connect(servers.database_url, autocommit=True) as conn:
            for errand_id in errands:
                accepted_s = _send(web.port, errand_id)
                answers_s.append(_until_row(conn, "answer", errand_id) - accepted_s)
                reports_s.append(_until_row(conn, "errand", errand_id) - accepted_s)
        yield _row("callback accepted to its answer committed, idle", answers_s)
        yield _row("callback accepted to its errand's report committed, idle", reports_s)
        yield _large(servers, cention, worker.pid)


def _send(port: int, errand_id: int) -> float:
    document = json.loads(SAMPLE.read_text("utf-8"))
    document["meta"]["api_secret"] = SECRET
    for resource in document["included"]:
        if resource["type"] == "c3_answer_errands":
            resource["id"] = str(errand_id)
            resource["attributes"]["answer"]["c3_id"] = errand_id
            del resource["relationships"]
    document["included"] = [r for r in document["included"] if r["id"] == str(errand_id)]
    document["data"]["relationships"]["errand"]["data"]["id"] = str(errand_id)
    document["data"]["id"] = str(errand_id)
    url = f"http://127.0.0.1:{port}/callbacks/demo"
    requests.post(url, data=json.dumps(document), timeout=30).raise_for_status()
    return time.perf_counter()


def _until_row(conn: psycopg.Connection[tuple[int]], table: str, errand_id: int) -> float:
    query = f"SELECT 1 FROM cention.{table} WHERE errand_id = %s"
    wait_until(lambda: conn.execute(query, [errand_id]).fetchone(), every_s=0.002)  # type: ignore[call-overload]
    return time.perf_counter()


def _row(what: str, seconds: list[float]) -> Row:
    ordered = sorted(seconds)
    p50_ms, p95_ms = 1000 * ordered[len(ordered) // 2], 1000 * ordered[len(ordered) * 95 // 100]
    return Row(what, f"p95 {p95_ms:.0f} ms", f"p50 {p50_ms:.0f} ms, {len(seconds)} callbacks")


def _large(servers: BenchServers, cention: str, worker: int) -> Row:
    body = {"bytes": LARGE_BYTES, "type": "c3_response_attachments"}
    made = requests.post(f"{cention}/sandbox/attachments", json=body, timeout=60).json()
    with psycopg.connect(servers.database_url) as conn:
        wanted.want(conn, "demo", Family.RESPONSE_ATTACHMENTS, [int(made["id"])])
    started_s = time.perf_counter()
    with watched(worker) as peak:
        servers.nudge(Family.RESPONSE_ATTACHMENTS)
        wait_until(
            lambda: servers.scalar("SELECT max(size_bytes) FROM cention.attachment") == LARGE_BYTES
        )
    took_s = time.perf_counter() - started_s
    parent = psutil.Process(worker)
    total = sum(p.memory_info().rss for p in (parent, *parent.children(recursive=True)))
    return Row(
        "an attachment of 25 MiB stored",
        f"{took_s:.1f} s",
        f"largest process {peak[0] / 2**20:.0f} MiB, all of the worker {total / 2**20:.0f} MiB",
    )
