"""The names of all metrics of ``/metrics``, as the code has them."""

from __future__ import annotations

import re
from pathlib import Path

from prometheus_client import Counter, Histogram
from prometheus_client.metrics import MetricWrapperBase

from receiver import metrics

ROOT = Path(__file__).parents[2]
SUFFIXES = {Counter: ("_total",), Histogram: ("_bucket", "_count", "_sum")}
NAME = re.compile(r"\bcention_[a-z_]+\b")


def of_database() -> set[str]:
    """Return the names of the figures that are read from the database."""
    source = (ROOT / "workers" / "operations" / "store" / "gauges.py").read_text("utf-8")
    families, rest = source.split("def _of_inbox", 1)
    inboxes, rest = rest.split("def _of_queue", 1)
    queues, figures = rest.split("def _of_figures", 1)
    row = re.compile(r'^        \(\s*"(\w+)",\s*"', re.M)
    names = {f"cention_{name}" for name in row.findall(families)}
    names |= {f"cention_callbacks_{name}" for name in row.findall(inboxes)}
    names |= set(re.findall(r'name="(cention_\w+)"', source))
    names |= {f"cention_survey_{n}" for n in re.findall(r'^        \("(\w+)", "', queues, re.M)}
    return names | {f"cention_figures_{name}" for name in row.findall(figures)}


def of_receiver() -> set[str]:
    """Return the names of the samples that the receiver itself counts, and those of its spool."""
    names = {"cention_database_up"}
    for one in vars(metrics).values():
        if isinstance(one, MetricWrapperBase):
            [family] = list(one.describe())
            names |= {family.name + suffix for suffix in SUFFIXES.get(type(one), ("",))}
    spool = re.findall(r'^        \(\s*"(\w+)",\s*"', _source_of_spool(), re.M)
    return names | {f"cention_spool_{name}" for name in spool}


def _source_of_spool() -> str:
    source = (ROOT / "receiver" / "metrics.py").read_text("utf-8")
    return source.split("def _of_spool", 1)[1].split("\ndef ", 1)[0]


def every() -> set[str]:
    """Return the names of all samples."""
    return of_database() | of_receiver()


def named(expression: str) -> set[str]:
    """Return the metrics of the bridge that an expression of PromQL names."""
    return set(NAME.findall(re.sub(r'"[^"]*"', "", expression)))
