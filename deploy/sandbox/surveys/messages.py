"""The messages that the survey vendors would have sent, and the robots who answer some of them."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass

from deploy.sandbox.world.world import World

SHARE = 0.4  # of the messages that are answered
WITHIN_S = 60.0  # and how soon
SCORES = (0, 3, 5, 6, 7, 8, 9, 9, 10, 10)
COMMENTS = ("", "", "Quick and friendly", "Tre veckor utan svar 😤", 'They said "soon"', "-1")


@dataclass(frozen=True, slots=True, kw_only=True)
class RobotAnswer:
    """How a robot answers a survey."""

    at: float  # epoch seconds
    score: int  # 0 to 10
    comment: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message to one person."""

    vendor: str
    remote_id: str
    at: float  # epoch seconds
    channel: str  # "email" or "mobile"
    contact: str
    name: str
    survey: str  # the campaign, the programme, or the subject of a mail
    agent: str
    pairs: Mapping[str, str]  # misc_data or metadata
    answer: RobotAnswer | None
    link: str | None = None  # of a mail

    @property
    def reference(self) -> str | None:
        """The inviter's own reference, if it was sent."""
        return self.pairs.get("Invitation")


class Messages:
    """The messages of all vendors, oldest first."""

    def __init__(self, world: World) -> None:
        self._world = world
        # Its own, so that errands and callbacks stay the same whether anybody is invited or not.
        self._rng = random.Random(4711)  # noqa: S311  # repeatable, not for security
        self.share = SHARE
        self.within_s = WITHIN_S
        self.all: list[Message] = []

    def add(
        self,
        *,
        vendor: str,
        remote_id: str,
        contact: str,
        name: str,
        survey: str,
        agent: str,
        pairs: Mapping[str, str],
    ) -> None:
        """Write to one person."""
        now = self._world.now()
        self.all.append(
            Message(
                vendor=vendor,
                remote_id=remote_id,
                at=now,
                channel="email" if "@" in contact else "mobile",
                contact=contact,
                name=name,
                survey=survey,
                agent=agent,
                pairs=pairs,
                answer=self._answer(now),
            )
        )

    def add_mail(
        self, *, vendor: str, remote_id: str, contact: str, survey: str, link: str | None
    ) -> None:
        """Write a mail to one person; whoever answers it opens its link."""
        self.all.append(
            Message(
                vendor=vendor,
                remote_id=remote_id,
                at=self._world.now(),
                channel="email",
                contact=contact,
                name="",
                survey=survey,
                agent="",
                pairs={},
                answer=None,
                link=link,
            )
        )

    def answered(self, vendor: str) -> list[tuple[Message, RobotAnswer]]:
        """Return what the persons that ``vendor`` wrote to have answered until now, in order."""
        now = self._world.now()
        found = [
            (message, message.answer)
            for message in self.all
            if message.vendor == vendor and message.answer and message.answer.at <= now
        ]
        return sorted(found, key=lambda pair: pair[1].at)

    def _answer(self, now: float) -> RobotAnswer | None:
        if self._rng.random() >= self.share:
            return None
        return RobotAnswer(
            at=now + self._rng.uniform(0, self.within_s),
            score=self._rng.choice(SCORES),
            comment=self._rng.choice(COMMENTS),
        )
