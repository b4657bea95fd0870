"""Callbacks that were set aside in the receiver's spool: what they are, and their way back."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from workers.spool import durable_files
from workers.spool.layout import BAD, WAITING

REASON = ".reason"  # behind the name of a file: why it was set aside
REASON_MAX_BYTES = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAside:
    """A file that did not become a callback."""

    name: str
    size_bytes: int
    reason: str | None


def set_aside(folder: Path) -> Iterator[SetAside]:
    """Yield what was set aside in the spool at ``folder``, oldest first. Raises ``OSError``."""
    bad = folder / BAD
    for name in sorted(os.listdir(bad)) if bad.is_dir() else ():
        if name.endswith(WAITING):
            with suppress(FileNotFoundError):  # put back meanwhile
                yield SetAside(
                    name=name, size_bytes=(bad / name).stat().st_size, reason=_reason(bad / name)
                )


def put_back(folder: Path, name: str) -> None:
    """Let the receiver try a file again; a crash leaves it in one of the two places.

    Raises ``OSError``.
    """
    bad = folder / BAD
    os.rename(bad / name, folder / name)
    (bad / f"{name}{REASON}").unlink(missing_ok=True)
    durable_files.sync_folder(folder)
    durable_files.sync_folder(bad)


def _reason(path: Path) -> str | None:
    try:
        with path.with_name(path.name + REASON).open("rb") as file:
            return file.read(REASON_MAX_BYTES).decode("utf-8", "replace").strip()
    except OSError:
        return None
