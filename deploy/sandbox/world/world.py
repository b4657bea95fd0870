"""The state of the simulated contact centre. All changes to errands and ratings are made here."""

from __future__ import annotations

import dataclasses
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar

from deploy.sandbox.world import changes, sample_data
from deploy.sandbox.world.callback_queue import CallbackQueue
from deploy.sandbox.world.changes import ChangeContext
from deploy.sandbox.world.customers import Customers
from deploy.sandbox.world.files import make_file
from deploy.sandbox.world.history import NO_HISTORY, History
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
RECENT_ERRANDS = 2_000  # random changes concern only the newest errands


@dataclass(kw_only=True)
class World:
    """Errands, ratings, files and callbacks, with the dirty flags.

    ``errands`` has those that arrived since the sandbox started, and those of ``history`` that
    changed since; all others of ``history`` are made when they are asked for.
    """

    rng: random.Random
    ids: Ids
    customers: Customers
    history: History = NO_HISTORY
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
    callback_queue: CallbackQueue = field(default_factory=CallbackQueue)
    counts: Counter[str] = field(default_factory=Counter)
    _states: dict[Callable[[World], Any], Any] = field(init=False, default_factory=dict)

    def state(self, kind: Callable[[World], T]) -> T:
        """Return the one object of ``kind``, the state of a resource; the first call creates it."""
        if kind not in self._states:
            self._states[kind] = kind(self)
        state: T = self._states[kind]
        return state

    def context(self) -> ChangeContext:
        """Return the context of a change at this moment."""
        return ChangeContext(
            rng=self.rng, ids=self.ids, customers=self.customers, at=int(self.now())
        )

    def errand(self, errand_id: int) -> Errand | None:
        """Return the errand of this id; ``None`` if there is none. ``change`` it by methods."""
        return self.errands.get(errand_id) or self.history.errand(errand_id)

    def history_of(self, day: date) -> Iterator[Errand]:
        """Yield the errands that arrived on ``day`` before the sandbox started, as they are now."""
        for errand in self.history.errands_of(day):
            yield self.errands.get(errand.errand_id, errand)

    def add_errand(self, *, actions: int = 1) -> Errand:
        """Create a dirty errand with ``actions`` actions (at least one)."""
        context = self.context()
        errand = changes.new_errand(context)
        for _ in range(actions - 1):
            changes.KINDS["open"](context, errand)
        self.errand_order.append(errand.errand_id)
        self._mark_changed(errand)
        return errand

    def change(self, errand: Errand, kind: str) -> None:
        """Change ``errand`` by ``kind``: "answer" or one of ``changes.KINDS``."""
        if kind == "answer":
            rng = self.rng
            self.answer(errand, attachments=rng.choice((0, 1, 3)), archives=rng.choice((0, 0, 1)))
            return
        changes.KINDS[kind](self.context(), errand)
        errand.version += 1
        self._mark_changed(errand)

    def answer(
        self,
        errand: Errand,
        *,
        attachments: int = 0,
        archives: int = 0,
        known: tuple[FileKey, ...] = (),
    ) -> Callback | None:
        """Answer ``errand`` with new and ``known`` files; return its callback, if one is sent."""
        context = self.context()
        made = changes.answer_files(context, attachments=attachments, archives=archives)
        self.files.update({file.key: file for file in made})
        changes.new_answer(context, errand, (*known, *(file.key for file in made)))
        errand.version += 1
        self._mark_changed(errand)
        return self._queue_callback(errand)

    def add_rating(self) -> Rating:
        """Create a dirty rating."""
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
        """Replace ``rating`` by a random one with the same id, and mark it dirty."""
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
        """Create a file."""
        key = FileKey(type_, self.ids.take(type_))
        file = make_file(key, size_bytes=size_bytes, rng=self.rng)
        self.files[key] = file
        return file

    def mark_dirty(self, errand_ids: list[int]) -> None:
        """Mark errands as changed; unknown ids are ignored."""
        self.dirty_errands.update(one for one in errand_ids if self.errand(one))

    def recent_errand(self) -> Errand | None:
        """Return a random one of the newest errands that is not deleted; ``None`` if none is."""
        oldest = max(0, len(self.errand_order) - RECENT_ERRANDS)
        for _ in range(20 if self.errand_order else 0):
            errand_id = self.errand_order[self.rng.randrange(oldest, len(self.errand_order))]
            if not self.errands[errand_id].deleted:
                return self.errands[errand_id]
        return None

    def _mark_changed(self, errand: Errand) -> None:
        now = self.now()
        self.errands[errand.errand_id] = errand  # also if it was of the history until now
        errand.changed_at = int(now)
        if self.rng.random() < SLA_PENDING_SHARE:
            errand.sla_known_at = now + self.sla_delay_s
        self.dirty_errands.add(errand.errand_id)
        self.counts["errand_changes"] += 1

    def _queue_callback(self, errand: Errand) -> Callback | None:
        if not self.callbacks_wanted or errand.answer is None:
            return None
        if self.callback_queue.full:
            self.counts["callbacks_dropped"] += 1
            return None
        callback = Callback(
            callback_id=self.ids.take("callback"),
            errand=errand,
            service=errand.service,
            person=errand.person,
            answer=errand.answer,
        )
        self.callback_queue.put(callback, due_at=self.now())
        self.callbacks[callback.callback_id] = callback
        return callback
