"""The changes of an errand, one function for each kind."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from deploy.sandbox.world import sample_data
from deploy.sandbox.world.customers import Customers
from deploy.sandbox.world.files import make_file
from deploy.sandbox.world.records import (
    AREA_ARCHIVES,
    RESPONSE_ATTACHMENTS,
    Action,
    Answer,
    Errand,
    File,
    FileKey,
    Ids,
    Verb,
)
from deploy.sandbox.world.sample_data import Named


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeContext:
    """What a change needs: a random generator, id sequences, and the time (epoch seconds)."""

    rng: random.Random
    ids: Ids
    customers: Customers
    at: int

    def act(self, errand: Errand, verb: Verb, agent: Named | None = None) -> None:
        """Add a line to the history of ``errand``."""
        who = agent or errand.agent
        if not who.item_id:
            who = sample_data.AGENTS[0]
        errand.actions.append(Action(self.ids.take("action"), verb, who, self.at))

    def others(self, names: tuple[Named, ...], now: Named) -> Named:
        """Choose one of ``names`` that is not ``now``."""
        return self.rng.choice([name for name in names if name != now])


def new_errand(context: ChangeContext) -> Errand:
    """Return a new errand of a customer, to any number of addresses, also to none."""
    rng = context.rng
    area = rng.choice(sample_data.AREAS)
    service = rng.choice(sample_data.SERVICES)
    errand_id = context.ids.take("errand")
    errand = Errand(
        errand_id=errand_id,
        version=1,
        arrived_at=context.at - rng.randrange(120),
        changed_at=context.at,
        topic=rng.randrange(len(sample_data.TOPICS)),
        person=context.customers.writer(service),
        area=area,
        service=service,
        agent=rng.choice((sample_data.NO_AGENT, *sample_data.AGENTS)),
        tags=_some_tags(rng),
        to=_addresses(rng, f"area{area.item_id}", rng.choice((0, 1, 1, 1, 2))),
        copies=_addresses(rng, "copy", rng.choice((0, 0, 0, 1, 3))),
        thread_id=rng.choice((0, errand_id, errand_id - 1)),
        file_count=rng.choice((0, 0, 0, 1, 3)),
        actions=[],
    )
    context.act(errand, Verb.CREATED, sample_data.AGENTS[0])
    return errand


def new_answer(context: ChangeContext, errand: Errand, files: tuple[FileKey, ...]) -> None:
    """Answer ``errand`` by an agent, with existing ``files``."""
    if not errand.agent.item_id:
        errand.agent = context.rng.choice(sample_data.AGENTS)
    subject = errand.message.subject if errand.message else sample_data.TOPICS[errand.topic][0]
    errand.answer = Answer(
        answer_id=context.ids.take("answer"),
        response_id=context.ids.take("response"),
        recipient_id=context.ids.take("recipient"),
        subject=f"Re: {subject}",
        body=context.rng.choice(sample_data.ANSWERS),
        files=files,
    )
    errand.answered_at = context.at
    context.act(errand, Verb.ANSWERED)


def answer_files(context: ChangeContext, *, attachments: int, archives: int) -> tuple[File, ...]:
    """Return new files for one answer."""
    kinds = (RESPONSE_ATTACHMENTS,) * attachments + (AREA_ARCHIVES,) * archives
    return tuple(
        make_file(FileKey(kind, context.ids.take(kind)), size_bytes=None, rng=context.rng)
        for kind in kinds
    )


def _some_tags(rng: random.Random) -> tuple[Named, ...]:
    return tuple(rng.sample(sample_data.TAGS, rng.choice((0, 0, 1, 2))))


def _addresses(rng: random.Random, stem: str, count: int) -> tuple[str, ...]:
    return tuple(f"{stem}.{rng.randrange(900)}@nordkust.example" for _ in range(count))


def _open(context: ChangeContext, errand: Errand) -> None:
    context.act(errand, Verb.OPENED)


def _close(context: ChangeContext, errand: Errand) -> None:
    errand.closed_at = context.at
    context.act(errand, Verb.CLOSED)


def _reopen(context: ChangeContext, errand: Errand) -> None:
    errand.closed_at = None
    context.act(errand, Verb.REOPENED)


def _tag(context: ChangeContext, errand: Errand) -> None:
    errand.tags = _some_tags(context.rng)
    context.act(errand, Verb.TAGGED)


def _assign(context: ChangeContext, errand: Errand) -> None:
    names = (sample_data.NO_AGENT, *sample_data.AGENTS)
    errand.agent = context.others(names, errand.agent)
    context.act(errand, Verb.ASSIGNED, sample_data.AGENTS[0])


def _move(context: ChangeContext, errand: Errand) -> None:
    errand.area = context.rng.choice([area for area in sample_data.AREAS if area != errand.area])
    context.act(errand, Verb.MOVED)


def _forward(context: ChangeContext, errand: Errand) -> None:
    errand.forwarded = True
    context.act(errand, Verb.FORWARDED)


def _feedback(context: ChangeContext, errand: Errand) -> None:
    errand.feedback = context.rng.randrange(len(sample_data.FEEDBACK))
    context.act(errand, Verb.RATED)


def _delete(context: ChangeContext, errand: Errand) -> None:
    errand.deleted = True
    context.act(errand, Verb.DELETED)


def _purge(context: ChangeContext, errand: Errand) -> None:
    _delete(context, errand)
    errand.gone = True


KINDS: Mapping[str, Callable[[ChangeContext, Errand], None]] = {
    "open": _open,
    "close": _close,
    "reopen": _reopen,
    "tag": _tag,
    "assign": _assign,
    "move": _move,
    "forward": _forward,
    "feedback": _feedback,
    "delete": _delete,
    "purge": _purge,
}
