"""Builds the parts of a worker, forks, and uses them in the child."""

from __future__ import annotations

import os
import sys

from workers.tasks import base


def main() -> int:
    """Return 0 if the child has parts of its own that work, and the parent's still do."""
    parents = base.parts()
    assert works(parents)
    child = os.fork()
    if child == 0:
        childs = base.parts()
        os._exit(0 if childs is not parents and childs is base.parts() and works(childs) else 1)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status) or int(not works(parents))


def works(parts: base.Parts) -> bool:
    """Ask the database something, also in a thread that fetches."""
    with parts.transaction() as conn:
        asked = conn.execute("SELECT 1").fetchall() == [(1,)]
    return asked and parts.fetchers.submit(lambda: True).result(10)


if __name__ == "__main__":
    sys.exit(main())
