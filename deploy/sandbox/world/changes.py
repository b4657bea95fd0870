"""What can happen to an errand at Cention, one function a kind of change."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from deploy.sandbox.world import sample_data
from deploy.sandbox.world.files import invent_file
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
class Stage:
    """What a change needs around it: chance, numbers and the hour (epoch seconds)."""

    rng: random.Random
    ids: Ids
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


def new_errand(stage: Stage) -> Errand:
    """Let a customer write; at times to several addresses, at times to none."""
    rng = stage.rng
    area = rng.choice(sample_data.AREAS)
    errand_id = stage.ids.take("errand")
    errand = Errand(
        errand_id=errand_id,
        version=1,
        arrived_at=stage.at - rng.randrange(120),
        changed_at=stage.at,
        topic=rng.randrange(len(sample_data.TOPICS)),
        person=rng.choice(sample_data.PEOPLE),
        area=area,
        service=rng.choice(sample_data.SERVICES),
        agent=rng.choice((sample_data.NOBODY, *sample_data.AGENTS)),
        tags=_some_tags(rng),
        to=_addresses(rng, f"area{area.item_id}", rng.choice((0, 1, 1, 1, 2))),
        copies=_addresses(rng, "copy", rng.choice((0, 0, 0, 1, 3))),
        thread_id=rng.choice((0, errand_id, errand_id - 1)),
        file_count=rng.choice((0, 0, 0, 1, 3)),
        actions=[],
    )
    stage.act(errand, Verb.CREATED, sample_data.AGENTS[0])
    return errand


def new_answer(stage: Stage, errand: Errand, files: tuple[FileKey, ...]) -> None:
    """Let an agent answer with ``files`` already known to the sandbox."""
    if not errand.agent.item_id:
        errand.agent = stage.rng.choice(sample_data.AGENTS)
    subject = errand.letter.subject if errand.letter else sample_data.TOPICS[errand.topic][0]
    errand.answer = Answer(
        answer_id=stage.ids.take("answer"),
        response_id=stage.ids.take("response"),
        recipient_id=stage.ids.take("recipient"),
        subject=f"Re: {subject}",
        body=stage.rng.choice(sample_data.ANSWERS),
        files=files,
    )
    errand.answered_at = stage.at
    stage.act(errand, Verb.ANSWERED)


def answer_files(stage: Stage, *, attachments: int, archives: int) -> tuple[File, ...]:
    """Make up the files of one answer."""
    kinds = (RESPONSE_ATTACHMENTS,) * attachments + (AREA_ARCHIVES,) * archives
    return tuple(
        invent_file(FileKey(kind, stage.ids.take(kind)), size_bytes=None, rng=stage.rng)
        for kind in kinds
    )


def _some_tags(rng: random.Random) -> tuple[Named, ...]:
    return tuple(rng.sample(sample_data.TAGS, rng.choice((0, 0, 1, 2))))


def _addresses(rng: random.Random, stem: str, count: int) -> tuple[str, ...]:
    return tuple(f"{stem}.{rng.randrange(900)}@nordkust.example" for _ in range(count))


def _open(stage: Stage, errand: Errand) -> None:
    stage.act(errand, Verb.OPENED)


def _close(stage: Stage, errand: Errand) -> None:
    errand.closed_at = stage.at
    stage.act(errand, Verb.CLOSED)


def _reopen(stage: Stage, errand: Errand) -> None:
    errand.closed_at = None
    stage.act(errand, Verb.REOPENED)


def _tag(stage: Stage, errand: Errand) -> None:
    errand.tags = _some_tags(stage.rng)
    stage.act(errand, Verb.TAGGED)


def _assign(stage: Stage, errand: Errand) -> None:
    names = (sample_data.NOBODY, *sample_data.AGENTS)
    errand.agent = stage.others(names, errand.agent)
    stage.act(errand, Verb.ASSIGNED, sample_data.AGENTS[0])


def _move(stage: Stage, errand: Errand) -> None:
    errand.area = stage.rng.choice([area for area in sample_data.AREAS if area != errand.area])
    stage.act(errand, Verb.MOVED)


def _forward(stage: Stage, errand: Errand) -> None:
    errand.forwarded = True
    stage.act(errand, Verb.FORWARDED)


def _feedback(stage: Stage, errand: Errand) -> None:
    errand.feedback = stage.rng.randrange(len(sample_data.FEEDBACK))
    stage.act(errand, Verb.RATED)


def _delete(stage: Stage, errand: Errand) -> None:
    errand.deleted = True
    stage.act(errand, Verb.DELETED)


def _purge(stage: Stage, errand: Errand) -> None:
    _delete(stage, errand)
    errand.gone = True


KINDS: Mapping[str, Callable[[Stage, Errand], None]] = {
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
