"""The person whose data is erased or exported."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSubject:
    """One person, by address, as reviewer of Facebook ratings, or both; and where to search."""

    address: str  # in any letter case; empty for none
    number: str | None = None  # the same in E.164, if the address is a telephone number
    reviewers: tuple[str, ...]  # Facebook ids, or exact names
    spool: Path | None  # the receiver's spool folder, if it is on this machine
