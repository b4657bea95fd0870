"""Empties the spool of another machine: its callbacks are stored, and their files removed."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from workers.database import Connection
from workers.spool import drain, folder_lock, trust
from workers.spool.drain import SpooledCallback
from workers.spool.layout import BAD, DRAFT, LOCK, REASON, WAITING
from workers.sync.store import callbacks


class SpoolBusy(Exception):
    """Another process is emptying the spool."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Adoption:
    """What was taken from a spool, and what is left in it; it grows while the spool empties."""

    taken: Counter[str] = field(default_factory=Counter)  # stored callbacks, by workspace
    left: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))  # by the reason
    others: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))  # no callbacks


def adopt(
    conn: Connection,
    folder: Path,
    adoption: Adoption,
    *,
    workspaces: Collection[str],
    advance: Callable[[int], None],
) -> None:
    """Store the callbacks in ``folder``, those set aside included, and remove their files.

    A file is removed after its commit, and a callback that is stored already changes nothing: a
    crash at any time, or another process that stores the same, loses and doubles none. What cannot
    be stored, or is of none of ``workspaces``, stays as it is. ``adoption`` gets the result;
    ``advance`` takes how many files more are done. ``conn`` is in autocommit mode.

    Raises ``SpoolBusy`` if another process empties the spool, ``OSError`` if the folder cannot be
    used, ``NotTrusted`` among them, and ``psycopg.Error`` if Postgres is at fault.
    """
    trust.check_folder(folder, owner=os.geteuid())
    with folder_lock.exclusive(folder) as locked:
        if not locked:
            raise SpoolBusy
        callbacks.insert(conn, [])  # raises if Postgres accepts nothing, whatever they are
        _empty(conn, folder, adoption, workspaces, advance)


def _empty(
    conn: Connection,
    folder: Path,
    adoption: Adoption,
    workspaces: Collection[str],
    advance: Callable[[int], None],
) -> None:
    names = list(_names(folder, adoption))

    def leave(name: str, reason: str) -> None:
        adoption.left[reason].append(name)
        advance(1)

    def done(group: Sequence[SpooledCallback]) -> None:
        for each in group:
            os.unlink(folder / each.name)
            (folder / f"{each.name}{REASON}").unlink(missing_ok=True)
            adoption.taken[each.callback.workspace] += 1
        advance(len(group))

    def read(name: str) -> bytes:
        return trust.read_file(folder / name)

    for group in drain.groups(names, read=read, set_aside=leave):
        ours = []
        for each in group:
            if each.callback.workspace in workspaces:
                ours.append(each)
            else:
                leave(each.name, f"no workspace {each.callback.workspace!r} in the settings")
        if ours:
            write = partial(callbacks.insert, conn, own_clock=False)
            drain.store(ours, write, done=done, set_aside=leave)


def _names(folder: Path, adoption: Adoption) -> Iterator[str]:
    """Yield the files of callbacks, by arrival in each folder; ``adoption`` gets all others."""
    yield from _of_one(folder, "", adoption)
    bad = folder / BAD
    if not os.path.lexists(bad):
        return
    try:
        trust.check_folder(bad, owner=os.geteuid())
    except OSError as error:
        adoption.left[f"cannot be used: {error.strerror}"].append(BAD)
        return
    yield from _of_one(bad, f"{BAD}/", adoption)


def _of_one(folder: Path, prefix: str, adoption: Adoption) -> Iterator[str]:
    for name in sorted(os.listdir(folder)):
        if name.endswith(WAITING):
            yield f"{prefix}{name}"
        elif name.endswith(DRAFT):
            adoption.others["unfinished, so it was never acknowledged"].append(f"{prefix}{name}")
        elif name not in (LOCK, BAD) and not name.endswith(REASON):
            adoption.others["no file of a spool"].append(f"{prefix}{name}")
