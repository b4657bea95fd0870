"""A person in the receiver's spool: callbacks that are files while Postgres is away."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workers.privacy.jobs.find_person import errand_named
from workers.privacy.rules.person_matcher import Person
from workers.privacy.rules.redaction import blanked, claimed, mentions, names_beside, redacted
from workers.privacy.store.erased import Key
from workers.spool import durable_files
from workers.spool.layout import BAD, DRAFT, LOCK, WAITING


@dataclass(frozen=True, slots=True, kw_only=True)
class Spooled:
    """A callback in the spool that speaks of the person, or is about an errand of the person's."""

    path: Path
    content: dict[str, Any]
    own: bool
    errand: Key | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SpoolErasure:
    """What came of erasing a person from a spool."""

    files: int  # written anew
    unreadable: tuple[str, ...]  # files that mention the person and are no callbacks: left alone
    errands: frozenset[Key]  # that turned out to be the person's


def erase(folder: Path, person: Person, errands: Collection[Key], *, dry_run: bool) -> SpoolErasure:
    """Erase a person from the spool in ``folder``; nobody empties it meanwhile.

    ``errands`` are known to be the person's. Each file is replaced as a whole. Raises ``OSError``.
    """
    unreadable: list[str] = []
    found: set[Key] = set()
    files = 0
    with _nobody_empties(folder):
        for one in look(folder, person, errands, unreadable):
            known = person.known_as(names_beside(one.content.get("document"), person))
            change = blanked if one.own else redacted
            document = change(one.content.get("document"), known) or {}
            problem = redacted(one.content.get("problem"), known)
            changed = {**one.content, "document": document, "problem": problem}
            if one.own and one.errand:
                found.add(one.errand)
            if changed != one.content:
                files += 1
                if not dry_run:
                    _replace(one.path, json.dumps(changed, separators=(",", ":")).encode("ascii"))
    return SpoolErasure(files=files, unreadable=tuple(unreadable), errands=frozenset(found))


def look(
    folder: Path, person: Person, errands: Collection[Key], unreadable: list[str]
) -> Iterator[Spooled]:
    """Yield what speaks of a person; names of files that do and are no callbacks are added."""
    for path in [*_files(folder), *(_files(folder / BAD) if (folder / BAD).exists() else ())]:
        try:
            raw = path.read_bytes()
        except FileNotFoundError:  # emptied meanwhile
            continue
        try:
            content = json.loads(raw)
            workspace, document = content["workspace"], content["document"]
        except (ValueError, KeyError, TypeError, RecursionError):
            if person.mentioned_in(raw.decode("utf-8", "replace")):
                unreadable.append(path.name)
            continue
        errand = errand_named(workspace, document)
        named = mentions(document, person) or mentions(content.get("problem"), person)
        own = errand in errands or (named and claimed(document, person))
        if named or own:
            yield Spooled(path=path, content=content, own=own, errand=errand)


def _files(folder: Path) -> list[Path]:
    return [folder / name for name in sorted(os.listdir(folder)) if name.endswith(WAITING)]


@contextmanager
def _nobody_empties(folder: Path) -> Iterator[None]:
    try:
        descriptor = os.open(folder / LOCK, os.O_RDWR)
    except FileNotFoundError:  # nobody ever has
        yield
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _replace(path: Path, content: bytes) -> None:
    path.with_name(path.name + DRAFT).unlink(missing_ok=True)  # of one that was interrupted
    durable_files.write_file(path, content, owned_as=path.stat())
