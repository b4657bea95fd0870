"""Progress of long commands: a bar on a terminal, elsewhere a line every few seconds."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import Progress
from rich.text import Text

from schemas.text.printable import escape
from workers.cli.output import print_stderr

LINE_EVERY_S = 5.0


@contextmanager
def progress(what: str, total: int | None) -> Iterator[Callable[[int], None]]:
    """Yield a function that takes the number of items done; shows progress on standard error.

    ``total`` is ``None`` if nobody knows how many there are.
    """
    console = Console(stderr=True, highlight=False)
    if not console.is_terminal:
        yield _Lines(what, total).advance
        return
    with Progress(console=console, transient=True) as bar:
        task = bar.add_task(Text(escape(what)).markup, total=total)
        yield lambda done: bar.advance(task, done)


class _Lines:
    def __init__(self, what: str, total: int | None) -> None:
        self._what = what
        self._total = total
        self._done = 0
        self._quiet_until_s = time.monotonic() + LINE_EVERY_S

    def advance(self, done: int) -> None:
        self._done += done
        if time.monotonic() >= self._quiet_until_s:
            of = "" if self._total is None else f" of {self._total:,}"
            print_stderr(f"{self._what}: {self._done:,}{of}")
            self._quiet_until_s = time.monotonic() + LINE_EVERY_S
