"""Callbacks per second, durable before the answer, beside a bare view under the same gunicorn."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from statistics import median

from tests.bench.load import CLIENTS, SECRET_FIRST, Load, callbacks, drive
from tests.bench.stage import SECRET, Stage
from tests.bench.table import Row

ROUNDS = 3
REQUESTS = 6_000
