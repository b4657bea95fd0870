"""Cention in the model: errands with a version and a flag that a fetch clears."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workers.clients.errors import (
    BadRequest,
    IncompleteResponse,
    NotFound,
    Unauthorised,
    Unreachable,
)

SAMPLE = (Path(__file__).parents[1] / "support" / "documents" / "errand_report_33.json").read_text(
    "utf-8"
)
SLA = {"done_due": False, "expiry": 0, "handling_time": 1, "response_time": 1, "within_sla": True}
LOOKS_UNTIL_SLA = 3  # after so many reports without it, the SLA is computed


class Named:
    """Is printed in a story by its ``repr``."""

    def _repr_pretty_(self, printer: Any, _cycle: bool) -> None:
        printer.text(repr(self))


@dataclass
class Errand(Named):
    """One errand at Cention."""

    errand_id: int
    version: int = 1
    flagged: bool = False  # on the list of changed errands
    exists: bool = True
    computing_sla: bool = False
    missed_sla: int = 0  # reports of this version without SLA

    def __repr__(self) -> str:
        return f"errand {self.errand_id}"

    def change(self, *, flagged: bool = True, computing_sla: bool = False) -> None:
        self.version += 1
        self.flagged = flagged
        self.computing_sla = computing_sla
        self.missed_sla = 0


@dataclass(frozen=True)
class Reaction(Named):
    """How Cention reacts to a request for a report."""

    words: str
    error: Callable[[], Exception] | None = None
    clears_flag: bool = False  # although there is no answer
    acts_later: bool = False  # takes effect after the client has given up

    def __repr__(self) -> str:
        return self.words


ANSWERS = Reaction("well")
REACTIONS = (
    ANSWERS,
    Reaction("badly: no connection", lambda: Unreachable("no connection", api="cention")),
    Reaction(
        "badly: the flag is cleared and the answer lost",
        lambda: IncompleteResponse("the answer ended early", api="cention"),
        clears_flag=True,
    ),
    Reaction(
        "badly: it may still take effect, and the client has given up",
        lambda: IncompleteResponse("incomplete response", api="cention"),
        acts_later=True,
    ),
    Reaction("badly: refused as 400", lambda: BadRequest("refused", api="cention", status=400)),
    Reaction("badly: token refused", lambda: Unauthorised("refused", api="cention", status=401)),
)


class Cention:
    """Errands, their list of changes, and what a fetch does to it."""

    def __init__(self, errands: int) -> None:
        self.errands = [Errand(errand_id=n + 1) for n in range(errands)]
        self.changes = 0  # number of changes; part of the name of the only area
        self.reaction = ANSWERS
        self.open_requests: list[Errand] = []  # of requests that may still take effect

    def changed(self) -> dict[str, Any]:
        """Answer with the list of changed errands, and clear no flag."""
        listed = [e.errand_id for e in self.errands if e.flagged and e.exists]
        attributes = {"attributes": {"errands": listed}} if listed else {}
        return {"data": {"type": "c3_dirty_errand_list", "id": "1", **attributes}}

    async def fetch_report(self, errand_id: int) -> dict[str, Any]:
        """Answer with the report of an errand as it is now, and clear its flag."""
        errand = self.errands[errand_id - 1]
        if self.reaction.error:
            errand.flagged = errand.flagged and not self.reaction.clears_flag
            self.open_requests += [errand] if self.reaction.acts_later else []
            raise self.reaction.error()
        if not errand.exists:
            raise NotFound("no such errand", api="cention", status=404)
        errand.flagged = False
        if errand.computing_sla:
            errand.missed_sla += 1
            errand.computing_sla = errand.missed_sla < LOOKS_UNTIL_SLA
        return self._report(errand)

    def take_effect(self, errand: Errand) -> None:
        """Let a request take effect whose client has given up."""
        self.open_requests.remove(errand)
        errand.flagged = errand.flagged and not errand.exists

    async def fetch_facebook_rating(self, rating_id: int) -> dict[str, Any]:
        raise NotImplementedError

    def _report(self, errand: Errand) -> dict[str, Any]:
        report: dict[str, Any] = json.loads(SAMPLE)
        report["data"]["id"] = str(errand.errand_id)
        attributes = report["data"]["attributes"]
        attributes["c3_id"] = attributes["basic"]["id"] = errand.errand_id
        attributes["actions"] = []
        attributes["sla"] = None if errand.computing_sla else SLA
        attributes["basic"]["data"] |= {
            "id": errand.errand_id,
            "subject": f"version {errand.version}",
            "areaName": f"area after change {self.changes}",
        }
        return report
