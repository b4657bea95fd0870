"""``cention spool adopt`` in a process that kills itself before it removes its n-th file."""

from __future__ import annotations

import os
import signal
import sys
from itertools import count
from typing import Any

from workers.cli.registry import main

unlink = os.unlink


def _dying(number: int) -> Any:
    calls = count(1)

    def remove(*arguments: Any, **options: Any) -> None:
        if next(calls) == number:
            os.kill(os.getpid(), signal.SIGKILL)
        unlink(*arguments, **options)

    return remove


if __name__ == "__main__":
    number, *sys.argv[1:] = sys.argv[1:]
    os.unlink = _dying(int(number))
    main()
