"""Builds a worker's context, forks, and uses a context in the child."""

from __future__ import annotations

import asyncio
import os
import sys

from workers.tasks import base


def main() -> int:
    """Return 0 if the child has its own working context, and the parent's still works."""
    parents = base.context()
    assert works(parents)
    child = os.fork()
    if child == 0:
        childs = base.context()
        os._exit(0 if childs is not parents and childs is base.context() and works(childs) else 1)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status) or int(not works(parents))


def works(context: base.WorkerContext) -> bool:
    """Query the database, and run something on the fetch loop."""
    with context.transaction() as conn:
        answered = conn.execute("SELECT 1").fetchall() == [(1,)]
    return answered and context.fetch_loop.run(asyncio.sleep(0, True))


if __name__ == "__main__":
    sys.exit(main())
