"""Drains a spool: groups of callbacks are committed, and what cannot be stored is set aside."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import psycopg

from workers.spool import record
from workers.spool.record import CorruptSpoolFile
from workers.sync.store.callbacks import NewCallback

MAX_GROUP = 500  # callbacks in one statement
GROUP_BYTES = 4 * 1024 * 1024
# The machine or this process is at fault, not the file.
_MACHINE_ERRORS = (errno.EMFILE, errno.ENFILE, errno.ENOMEM)

Write: TypeAlias = Callable[[Sequence[NewCallback]], None]
"""Writes all in one transaction or none, and returns once they are committed."""

SetAside: TypeAlias = Callable[[str, str], None]
"""Takes the name of a file that cannot be stored, and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpooledCallback:
    """A callback that was read from the spool."""

    name: str
    callback: NewCallback


def groups(
    names: Iterable[str], *, read: Callable[[str], bytes], set_aside: SetAside
) -> Iterator[list[SpooledCallback]]:
    """Yield the callbacks in files, as many together as one statement takes.

    A file that is gone is skipped; one that is no callback, or that cannot be read, is set aside.
    Raises ``OSError`` if the machine is at fault.
    """
    group: list[SpooledCallback] = []
    size_bytes = 0
    for name in names:
        content = _content(name, read, set_aside)
        if content is None:
            continue
        try:
            group.append(SpooledCallback(name=name, callback=record.load(content)))
        except CorruptSpoolFile as error:
            set_aside(name, str(error))
            continue
        size_bytes += len(content)
        if len(group) >= MAX_GROUP or size_bytes >= GROUP_BYTES:
            yield group
            group, size_bytes = [], 0
    if group:
        yield group


def store(
    group: Sequence[SpooledCallback],
    write: Write,
    *,
    done: Callable[[Sequence[SpooledCallback]], None],
    set_aside: SetAside,
) -> None:
    """Commit ``group`` and then call ``done``; what Postgres refuses is set aside alone.

    Raises ``psycopg.Error`` if Postgres is at fault, not a callback.
    """
    try:
        write([each.callback for each in group])
    except Exception as error:
        if _is_down(error):
            raise
        if len(group) > 1:
            for each in group:
                store([each], write, done=done, set_aside=set_aside)
            return
        write([])  # raises if it is Postgres that is at fault, not the callback
        set_aside(group[0].name, f"refused: {_describe(error)}")
        return
    done(group)


def _content(name: str, read: Callable[[str], bytes], set_aside: SetAside) -> bytes | None:
    try:
        return read(name)
    except FileNotFoundError:  # removed meanwhile
        return None
    except OSError as error:
        if error.errno in _MACHINE_ERRORS:
            raise
        set_aside(name, f"cannot be read: {error.strerror}")
        return None


def _is_down(error: Exception) -> bool:
    """Return whether Postgres cannot work, and not only refuses this callback."""
    too_much = (getattr(error, "sqlstate", None) or "").startswith("54")  # program limit exceeded
    return isinstance(error, psycopg.OperationalError) and not too_much


def _describe(error: Exception) -> str:
    """Return the reason of a refusal, without any text of the callback."""
    return f"{type(error).__name__} {getattr(error, 'sqlstate', None) or ''}".strip()
