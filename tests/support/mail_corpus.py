"""The mails and mailboxes of ``tests/support/mails``, all of invented people.

``expected.json`` has the right reading of each; of a long text, or a file that is no text, its size
and digest.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "mails"


def names(suffix: str) -> list[str]:
    """Return the paths of all files with a suffix, within the folder."""
    return sorted(str(path.relative_to(FOLDER)) for path in FOLDER.rglob(f"*{suffix}"))


MAILS = names(".eml")
MAILBOXES = names(".mbox")


def read(name: str) -> bytes:
    """Return the content of a file."""
    return (FOLDER / name).read_bytes()


def expected(name: str) -> Any:
    """Return the right reading of a file."""
    return _readings()[name]


@cache
def _readings() -> dict[str, Any]:
    readings: dict[str, Any] = json.loads((FOLDER / "expected.json").read_text("utf-8"))
    return readings
