"""A drain in a separate process that can be killed or stopped while it fetches.

Prints ``fetching ID`` for each record on its standard output, and waits for a line on its
standard input before it continues.
"""

from __future__ import annotations

import sys

from tests.integration.bridge import FakeRatingsApi
from workers.clients.fetch_loop import FetchLoop
from workers.database import connections
from workers.sync.jobs.drain import drain


def fetch_on_signal(rating_id: int) -> None:
    print(f"fetching {rating_id}", flush=True)  # noqa: T201
    sys.stdin.readline()


def main(database: str, lease_s: str) -> None:
    """Drain Facebook ratings once."""
    pool = connections.open_pool(database)
    ratings = FakeRatingsApi(before_answer=fetch_on_signal)
    loop = FetchLoop(1)
    with pool:
        drain(
            ratings.spec(lease_s=float(lease_s)),
            session=pool.connection,
            loop=loop,
            nudge_another=lambda: None,
        )
    loop.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
