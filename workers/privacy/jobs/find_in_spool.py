"""Finds and erases a person in the receiver's spool: callbacks on disk while Postgres is down."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from workers.privacy.jobs.find_person import errand_named
from workers.privacy.rules.person_matcher import PersonMatcher
from workers.privacy.rules.redaction import (
    is_own,
    mentions,
    names_next_to,
    redact_mentions,
    redact_own,
)
from workers.privacy.store.erased import Key
from workers.spool import durable_files, record, trust
from workers.spool.layout import BAD, DRAFT, LOCK, WAITING
from workers.spool.record import CorruptSpoolFile
from workers.sync.store.callbacks import NewCallback


@dataclass(frozen=True, slots=True, kw_only=True)
class SpooledMatch:
    """A callback in the spool that mentions the person, or is about one of the person's errands."""

    path: Path
    callback: NewCallback
    own: bool
    errand: Key | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SpoolErasure:
    """The result of erasing a person from a spool."""

    files: int  # rewritten
    unreadable: tuple[str, ...]  # files that may mention the person and were not changed
    errands: frozenset[Key]  # found to be the person's


def erase(
    folder: Path, person: PersonMatcher, errands: Collection[Key], *, dry_run: bool
) -> SpoolErasure:
    """Erase a person from the spool in ``folder``, which is not drained meanwhile.

    ``errands`` are known to be the person's. Each file is replaced as a whole. Raises ``OSError``.
    """
    unreadable: list[str] = []
    found: set[Key] = set()
    files = 0
    with _drain_blocked(folder):
        for match in find(folder, person, errands, unreadable):
            callback = match.callback
            known = person.with_names(names_next_to(callback.document, person))
            redact = redact_own if match.own else redact_mentions
            changed = replace(
                callback,
                document=redact(callback.document, known) or {},
                problem=redact_mentions(callback.problem, known),
            )
            if match.own and match.errand:
                found.add(match.errand)
            if changed != callback:
                files += 1
                if not dry_run:
                    _replace(match.path, record.dump(changed))
    return SpoolErasure(files=files, unreadable=tuple(unreadable), errands=frozenset(found))


def find(
    folder: Path, person: PersonMatcher, errands: Collection[Key], unreadable: list[str]
) -> Iterator[SpooledMatch]:
    """Yield the callbacks that concern a person.

    Names of files that cannot be read, or that mention the person and are no callbacks, are added
    to ``unreadable``.
    """
    bad = folder / BAD
    aside = _files(bad) if bad.is_dir() and not bad.is_symlink() else []
    for path in [*_files(folder), *aside]:
        try:
            content = trust.read_file(path)
        except FileNotFoundError:  # drained meanwhile
            continue
        except OSError:
            unreadable.append(path.name)
            continue
        try:
            callback = record.load(content)
        except CorruptSpoolFile:
            if person.has_address(content.decode("utf-8", "replace")):
                unreadable.append(path.name)
            continue
        errand = errand_named(callback.workspace, callback.document)
        mentioned = mentions(callback.document, person) or mentions(callback.problem, person)
        own = errand in errands or (mentioned and is_own(callback.document, person))
        if mentioned or own:
            yield SpooledMatch(path=path, callback=callback, own=own, errand=errand)


def _files(folder: Path) -> list[Path]:
    return [folder / name for name in sorted(os.listdir(folder)) if name.endswith(WAITING)]


@contextmanager
def _drain_blocked(folder: Path) -> Iterator[None]:
    try:
        descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_NOFOLLOW)
    except FileNotFoundError:  # it was never drained
        yield
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _replace(path: Path, content: bytes) -> None:
    path.with_name(path.name + DRAFT).unlink(missing_ok=True)  # left by an interruption
    durable_files.write_file(path, content, owned_as=path.stat())
