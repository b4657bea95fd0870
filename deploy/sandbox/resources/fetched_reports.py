"""Every answer to a request for an errand report: what it said, and whether it was sent."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from deploy.sandbox.http.replies import Delivery
from deploy.sandbox.http.routes import Request
from deploy.sandbox.world.records import Errand
from deploy.sandbox.world.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedErrand:
    """What a report says of an errand, in the sandbox's own numbers."""

    status: tuple[str, ...]
    area_id: int
    agent_id: int  # 0: none
    priority: str
    service_id: int
    organisation_id: int
    closed: bool
    answered: bool
    deleted: bool
    tags: tuple[int, ...]
    handling_time: int | None  # None: the SLA is null
    within_sla: bool | None
    newest_action_at: int  # epoch seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchedReport:
    """One answer."""

    at: float  # epoch seconds, when the errand was read and its flag cleared
    version: int  # of the errand
    report: ReportedErrand | None  # None: 404, since the errand is gone
    delivery: Delivery


class FetchedReports:
    """All answers by errand, in the order in which they were made."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.by_errand: defaultdict[int, list[FetchedReport]] = defaultdict(list)

    def add(self, request: Request, errand: Errand, report: ReportedErrand | None) -> None:
        """Add the answer to a request, which is about to be sent."""
        fetched = FetchedReport(
            at=self._world.now(),
            version=errand.version,
            report=report,
            delivery=request.delivery,
        )
        self.by_errand[errand.errand_id].append(fetched)


def expected_fetches(world: World, _query: Mapping[str, Any]) -> dict[str, Any]:
    """Return every answer by errand, for ``GET /sandbox/truth/fetches``.

    ``delivery.sent`` is ``whole``, ``damaged`` by a fault, ``broken`` if the connection was gone
    before all was sent, or ``pending``. Of a broken one nobody knows here whether it was read.
    """
    answers = world.state(FetchedReports).by_errand
    return {str(errand_id): list(made) for errand_id, made in answers.items()}
