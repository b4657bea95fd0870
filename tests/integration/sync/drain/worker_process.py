"""A drain in a separate process that can be killed or stopped while it fetches.

Prints ``fetching ID`` for each record on its standard output, and waits for a line on its
standard input before it continues.
"""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.integration.bridge import FakeRatingsApi
from workers.database import connections
from workers.sync.jobs.drain import drain


def fetch_on_signal(rating_id: int) -> None:
    print(f"fetching {rating_id}", flush=True)  # noqa: T201
    sys.stdin.readline()


def main(database: str, lease_s: str) -> None:
    """Drain Facebook ratings once."""
    pool = connections.open_pool(database)
    ratings = FakeRatingsApi(before_answer=fetch_on_signal)
    with ThreadPoolExecutor(1) as fetchers, pool:
        arguments: dict[str, Any] = {"session": pool.connection, "fetchers": fetchers}
        drain(ratings.spec(lease_s=float(lease_s)), nudge_another=lambda: None, **arguments)


if __name__ == "__main__":
    main(*sys.argv[1:])
