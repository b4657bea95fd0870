"""Loads named SQL queries from the file beside the module that runs them."""

from __future__ import annotations

import re
from importlib import resources
from typing import LiteralString, cast

_HEADING = re.compile(r"^-- name: ([a-z_]+)$", re.MULTILINE)


def literal(text: str) -> LiteralString:
    """Mark SQL from our own package as a literal: it is as trusted as code."""
    return cast(LiteralString, text)  # type: ignore[redundant-cast]  # mypy treats it as str


def parse(text: str) -> dict[str, LiteralString]:
    """Split a file into its queries, keyed by the name in each heading."""
    parts = _HEADING.split(text)[1:]
    names, bodies = parts[::2], parts[1::2]
    return {n: literal(b.strip()) for n, b in zip(names, bodies, strict=True)}


def load(module: str) -> dict[str, LiteralString]:
    """Return the queries of the SQL file beside ``module``, which passes its ``__name__``."""
    package, _, name = module.rpartition(".")
    return parse((resources.files(package) / f"{name}.sql").read_text("utf-8"))
