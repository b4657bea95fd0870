"""`make run` fetches the sandbox's past beside the errands that arrive now."""

from __future__ import annotations

import psycopg

from tests.acceptance.running_bridge import Run, empty_folder, running_bridge
from tests.support.eventually import eventually

ARRIVAL_DAYS = "SELECT count(DISTINCT arrived_at::date) FROM cention.errand"
BREACHES = "SELECT count(*) FROM cention.errand WHERE within_sla IS FALSE"


def test_past_days_arrive_with_breaches_and_a_later_start_continues():
    with empty_folder() as folder:
        with running_bridge(folder, SANDBOX_HISTORY_DAYS="3") as run:
            assert eventually(lambda: is_fetched(run), within_s=240)
            assert eventually(lambda: value(run, ARRIVAL_DAYS) >= 4, within_s=120)
            assert eventually(lambda: value(run, BREACHES) > 0, within_s=60)
            assert eventually(lambda: not run.pid("sandbox-history"), within_s=30)
            assert run.pid("sandbox")

        with running_bridge(folder, SANDBOX_HISTORY_DAYS="6") as run:
            assert eventually(lambda: is_fetched(run, times=2), within_s=240)
            assert eventually(lambda: value(run, ARRIVAL_DAYS) >= 7, within_s=120)


def value(run: Run, query: str) -> int:
    with psycopg.connect(run.addresses()["DATABASE_URL"]) as conn:
        [(found,)] = conn.execute(query).fetchall()
        return int(found)


def is_fetched(run: Run, *, times: int = 1) -> bool:
    """Return whether so many backfills have ended."""
    log = run.var / "log" / "sandbox-history.log"
    return log.exists() and log.read_text("utf-8").count(" wanted. The workers fetch") >= times
