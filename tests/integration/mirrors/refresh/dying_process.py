"""A refresh in its own process: prints ``refreshing``, then waits until it is killed."""

from __future__ import annotations

import sys

from workers.config.names import Mirror
from workers.database import Transaction, connections
from workers.mirrors.jobs.refresh import MirrorSpec, RefreshResult, refresh_if_due


def refresh_without_end(session: Transaction) -> RefreshResult:
    print("refreshing", flush=True)  # noqa: T201
    sys.stdin.readline()
    return RefreshResult(records=1)


if __name__ == "__main__":
    spec = MirrorSpec(
        workspace="demo", mirror=Mirror.LIBRARY, every_s=600, refresh=refresh_without_end
    )
    with connections.open_pool(sys.argv[1]) as pool:
        refresh_if_due(spec, session=pool.connection)
