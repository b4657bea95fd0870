"""People who are signed in to the web face and click through its pages."""

from __future__ import annotations

import random
import re
import statistics
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

import requests

PASSWORD = "the password of the bench"
TIMEOUT_S = 120
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


@dataclass(slots=True, kw_only=True)
class Clicks:
    """How long pages took, in seconds, and how large they are, by their names."""

    took_s: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    octets: dict[str, int] = field(default_factory=dict)

    def latency(self, name: str) -> str:
        """Return median and 95th percentile of a page, in words."""
        found = sorted(self.took_s[name])
        if not found:
            return "not seen"
        p95 = found[min(len(found) * 95 // 100, len(found) - 1)]
        return f"{1000 * statistics.median(found):,.0f} ms, p95 {1000 * p95:,.0f} ms"


class Visitor:
    """One person with a browser that keeps its connection."""

    def __init__(self, root: str) -> None:
        self._root = root
        self._session = requests.Session()

    def sign_in(self) -> None:
        """Sign in by the form. Raises ``requests.HTTPError``."""
        form = self._session.get(f"{self._root}/sign-in", timeout=TIMEOUT_S).text
        [token] = _TOKEN.findall(form)[:1]
        fields = {"name": "operator", "password": PASSWORD, "csrf_token": token}
        self._session.post(
            f"{self._root}/sign-in", data=fields, timeout=TIMEOUT_S
        ).raise_for_status()

    def click(self, path: str) -> tuple[float, int]:
        """Load a page; return its seconds and bytes. Raises ``requests.HTTPError``."""
        began_s = time.perf_counter()
        answer = self._session.get(f"{self._root}{path}", timeout=TIMEOUT_S)
        took_s = time.perf_counter() - began_s
        answer.raise_for_status()
        return took_s, len(answer.content)


@contextmanager
def people(root: str, pages: Sequence[Mapping[str, str]], *, pause_s: float) -> Iterator[Clicks]:
    """Let one person for each element of ``pages`` click through these until the block ends.

    Each sees the pages in an order of its own, and looks at one for ``pause_s`` on average.
    Raises what a page raised.
    """
    clicks, ended = Clicks(), threading.Event()
    visitors = [Visitor(root) for _ in pages]
    for one in visitors:
        one.sign_in()

    def walk(number: int) -> None:
        chance, visitor = random.Random(number), visitors[number]
        names = list(pages[number])
        while True:
            chance.shuffle(names)
            for name in names:
                if ended.wait(chance.uniform(0.5, 1.5) * pause_s):
                    return
                took_s, octets = visitor.click(pages[number][name])
                clicks.took_s[name].append(took_s)
                clicks.octets[name] = octets

    with ThreadPoolExecutor(len(visitors)) as walking:
        walks = [walking.submit(walk, number) for number in range(len(visitors))]
        try:
            yield clicks
        finally:
            ended.set()
    for one in walks:
        one.result()
