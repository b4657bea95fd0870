"""The state of the invented contact centre, and the only place that changes it."""

from __future__ import annotations

import dataclasses
import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from deploy.sandbox.world import changes, sample_data
from deploy.sandbox.world.callback_queue import Outbox
from deploy.sandbox.world.changes import Stage
from deploy.sandbox.world.files import invent_file
from deploy.sandbox.world.records import (
    RESPONSE_ATTACHMENTS,
    Callback,
    Errand,
    File,
    FileKey,
    Ids,
    Rating,
)

T = TypeVar("T")
SLA_PENDING_SHARE = 0.25  # of the changes; Cention computes the SLA once a minute
RECENT = 2_000  # the clock changes errands among the newest so many


@dataclass(kw_only=True)
class World:
    """Errands, ratings, files and callbacks, and which of them are dirty."""

    rng: random.Random
    ids: Ids
    sla_delay_s: float = 60.0
    callbacks_wanted: bool = False
    now: Callable[[], float] = time.time
    errands: dict[int, Errand] = field(default_factory=dict)
    errand_order: list[int] = field(default_factory=list)
    dirty_errands: set[int] = field(default_factory=set)
    ratings: dict[int, Rating] = field(default_factory=dict)
    dirty_ratings: set[int] = field(default_factory=set)
    files: dict[FileKey, File] = field(default_factory=dict)
    callbacks: dict[int, Callback] = field(default_factory=dict)
    outbox: Outbox = field(default_factory=Outbox)
    counts: Counter[str] = field(default_factory=Counter)
    _parts: dict[Callable[[World], Any], Any] = field(init=False, default_factory=dict)

    def part(self, kind: Callable[[World], T]) -> T:
        """Return the state a family keeps in this world: its class, made once."""
        if kind not in self._parts:
            self._parts[kind] = kind(self)
        part: T = self._parts[kind]
        return part

    def stage(self) -> Stage:
        """Return what a change needs, at this moment."""
        return Stage(rng=self.rng, ids=self.ids, at=int(self.now()))

    def add_errand(self, *, actions: int = 1) -> Errand:
        """Make a new, dirty errand with a history of ``actions`` lines (at least one)."""
        stage = self.stage()
        errand = changes.new_errand(stage)
        for _ in range(actions - 1):
            changes.KINDS["open"](stage, errand)
        self.errands[errand.errand_id] = errand
        self.errand_order.append(errand.errand_id)
        self._touched(errand)
        return errand

    def change(self, errand: Errand, kind: str) -> None:
        """Change ``errand`` in the way ``kind`` names: "answer" or one of ``changes.KINDS``."""
        if kind == "answer":
            rng = self.rng
            self.answer(errand, attachments=rng.choice((0, 1, 3)), archives=rng.choice((0, 0, 1)))
            return
        changes.KINDS[kind](self.stage(), errand)
        errand.version += 1
        self._touched(errand)

    def answer(
        self,
        errand: Errand,
        *,
        attachments: int = 0,
        archives: int = 0,
        known: tuple[FileKey, ...] = (),
    ) -> Callback | None:
        """Answer ``errand`` with new and ``known`` files; return its callback, if one is sent."""
        stage = self.stage()
        made = changes.answer_files(stage, attachments=attachments, archives=archives)
        self.files.update({file.key: file for file in made})
        changes.new_answer(stage, errand, (*known, *(file.key for file in made)))
        errand.version += 1
        self._touched(errand)
        return self._announce(errand)

    def add_rating(self) -> Rating:
        """Let somebody review the Facebook page."""
        rating = Rating(
            rating_id=self.ids.take("rating"),
            version=0,
            stars=None,
            message=None,
            reviewer_id=10**16 + self.rng.getrandbits(50),
            reviewer_name=self.rng.choice(sample_data.PEOPLE).name,
            created_at=int(self.now()),
        )
        return self.change_rating(rating)

    def change_rating(self, rating: Rating) -> Rating:
        """Let the reviewer change their mind."""
        changed = dataclasses.replace(
            rating,
            version=rating.version + 1,
            stars=self.rng.choice((1, 2, 3, 4, 5, 5, 0, None)),
            message=self.rng.choice(sample_data.RATINGS),
        )
        self.ratings[rating.rating_id] = changed
        self.dirty_ratings.add(rating.rating_id)
        self.counts["rating_changes"] += 1
        return changed

    def add_file(self, type_: str = RESPONSE_ATTACHMENTS, *, size_bytes: int | None = None) -> File:
        """Put a file where it can be fetched."""
        key = FileKey(type_, self.ids.take(type_))
        file = invent_file(key, size_bytes=size_bytes, rng=self.rng)
        self.files[key] = file
        return file

    def mark_dirty(self, errand_ids: list[int]) -> None:
        """Mark errands as changed; ids that were never ours are passed over."""
        self.dirty_errands.update(self.errands.keys() & errand_ids)

    def recent_errand(self) -> Errand | None:
        """Choose one of the newest errands that is not deleted; None if chance finds none."""
        oldest = max(0, len(self.errand_order) - RECENT)
        for _ in range(20 if self.errand_order else 0):
            errand_id = self.errand_order[self.rng.randrange(oldest, len(self.errand_order))]
            if not self.errands[errand_id].deleted:
                return self.errands[errand_id]
        return None

    def _touched(self, errand: Errand) -> None:
        now = self.now()
        errand.changed_at = int(now)
        if self.rng.random() < SLA_PENDING_SHARE:
            errand.sla_known_at = now + self.sla_delay_s
        self.dirty_errands.add(errand.errand_id)
        self.counts["errand_changes"] += 1

    def _announce(self, errand: Errand) -> Callback | None:
        if not self.callbacks_wanted or errand.answer is None:
            return None
        if self.outbox.full:
            self.counts["callbacks_dropped"] += 1
            return None
        callback = Callback(
            callback_id=self.ids.take("callback"),
            errand=errand,
            service=errand.service,
            person=errand.person,
            answer=errand.answer,
        )
        self.outbox.put(callback, due_at=self.now())
        self.callbacks[callback.callback_id] = callback
        return callback
