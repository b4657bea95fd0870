"""Who is to be erased or exported, and where a spool is to be looked through."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Whom:
    """One person, by an address, by reviewers of Facebook ratings, or both."""

    address: str  # in any spelling of case; empty for none
    reviewers: tuple[str, ...]  # ids at Facebook, or exact names
    spool: Path | None  # the receiver's folder, if it lies on this machine
