"""Exports: each POST generates an export of the present errands, and leaves it at Cention."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from deploy.sandbox.http.go_types import Flag, GoType, Text
from deploy.sandbox.http.request_body import read_posted
from deploy.sandbox.http.routes import ApiError, Created, Request, Resource, ResourceRoutes
from deploy.sandbox.resources.documents import resource
from deploy.sandbox.resources.reports import subject_of
from deploy.sandbox.world import sample_data
from deploy.sandbox.world.history.life import MAX_S
from deploy.sandbox.world.records import Errand
from deploy.sandbox.world.world import World

TYPE = "c3_trigger_exports"
PRESETS = frozenset({"1", "3", "316"})  # at Cention, presets are made in the user interface
TYPES: Mapping[str, GoType] = {
    "use_closure_date": Flag(),
    "errand_from_date": Text(),
    "errand_to_date": Text(),
}
RELATIONS = {"export": "c3_exports"}


class GeneratedExports:
    """The generated exports, by id: preset, dates and number of errands."""

    def __init__(self, world: World) -> None:
        self._ids = world.ids
        self.by_id: dict[int, dict[str, Any]] = {}

    def add(self, order: Mapping[str, Any], errands: int) -> int:
        """Record an export of so many errands, and return its id."""
        export_id = self._ids.take(TYPE)
        self.by_id[export_id] = {**order, "errands": errands}
        return export_id


def trigger(request: Request) -> Created:
    """Answer with the errands of the days: a list, but one as an object, and none left out."""
    posted = read_posted(request.body, TYPE, TYPES, RELATIONS)
    attributes, preset = posted.attributes, posted.linked.get("export")
    if preset not in PRESETS:
        raise ApiError(400, "no such export")
    by_closure = attributes.get("use_closure_date", False)
    first, last = (_day(attributes.get(f"errand_{end}_date")) for end in ("from", "to"))
    chosen = [
        errand
        for errand in _candidates(request.world, first, last, by_closure=by_closure)
        if _within(_moment(errand, by_closure=by_closure), first, last, request.zone)
    ]
    rows = [row_of(errand, request.zone) for errand in chosen if not errand.gone]
    order = {"preset": preset, **attributes}
    export_id = request.world.state(GeneratedExports).add(order, len(rows))
    made = {
        "c3_id": export_id,
        "use_closure_date": by_closure,
        **{name: value for name, value in attributes.items() if value},
        **({"content": rows[0] if len(rows) == 1 else rows} if rows else {}),
    }
    document = resource(TYPE, export_id, made)
    linkage = {"type": RELATIONS["export"], "id": preset}
    document["data"]["relationships"] = {"export": {"data": linkage}}
    document["included"] = [linkage]
    return Created(remote_id=export_id, document=document)


def row_of(errand: Errand, zone: ZoneInfo) -> dict[str, Any]:
    """Return the row of one errand; its id is a number in some rows and a text in others."""
    answer = errand.answer
    return {
        "errand_id": errand.errand_id if errand.errand_id % 2 else str(errand.errand_id),
        "from_address": errand.person.address,
        "to_address": ", ".join(errand.to),
        "subject": subject_of(errand),
        "question": sample_data.TOPICS[errand.topic][1],
        "answer": answer.body if answer else "",
        "errand_notes": "",
        "timestamp_arrived": _minute(errand.arrived_at, zone),
        "timestamp_opened": "",
        "timestamp_answered": _minute(errand.answered_at, zone),
        "timestamp_closed": _minute(errand.closed_at, zone),
        "agent_id": errand.agent.item_id,
        "agent_name": errand.agent.name,
        "area_id": errand.area.item_id,
        "area_name": errand.area.name,
        "tag_names": ", ".join(tag.name for tag in errand.tags),
        "client_id": errand.person.client_id,
        "priority": sample_data.priority_of(errand.topic),
        **{
            f"satisfaction_meter_answer_{level}": errand.feedback if level == 1 else None
            for level in range(1, 6)
        },
        "channel": errand.service.name,
        "area_external_id": "",
    }


def _candidates(
    world: World, first: date | None, last: date | None, *, by_closure: bool
) -> Iterator[Errand]:
    """Yield the errands that may have arrived or been closed from ``first`` to ``last``."""
    earliest = first and first - timedelta(seconds=MAX_S if by_closure else 0)
    for day in sorted(world.history.all_days()):
        if (earliest is None or earliest <= day) and (last is None or day <= last):
            yield from world.history_of(day)
    yield from (world.errands[errand_id] for errand_id in world.errand_order)


def _moment(errand: Errand, *, by_closure: bool) -> int | None:
    return errand.closed_at if by_closure else errand.arrived_at


def _within(at: int | None, first: date | None, last: date | None, zone: ZoneInfo) -> bool:
    if at is None:
        return False
    day = datetime.fromtimestamp(at, zone).date()
    return (first is None or first <= day) and (last is None or day <= last)


def _day(text: str | None) -> date | None:
    if not text:
        return None
    try:
        year, month, day = text.split("/")
        return date(int(year), int(month), int(day))
    except ValueError:
        raise ApiError(400, "date must be like 2019/01/01") from None


def _minute(at: int | None, zone: ZoneInfo) -> str:
    return "" if at is None else datetime.fromtimestamp(at, zone).strftime("%Y/%m/%d %H:%M")


def move(world: World, body: Mapping[str, Any]) -> dict[str, Any]:
    """Move the arrival and closing of ``{"errand_id": 5, "days": 30}`` to so many days earlier."""
    errand = world.errands.get(body.get("errand_id", 0))
    days = body.get("days")
    if errand is None or type(days) is not int:
        raise ValueError("errand_id must be the id of an errand, and days a whole number")
    errand.arrived_at -= days * 86_400
    errand.closed_at = None if errand.closed_at is None else errand.closed_at - days * 86_400
    return {"arrived_at": errand.arrived_at, "closed_at": errand.closed_at}


def expected_exports(world: World, _query: Mapping[str, Any]) -> dict[str, Any]:
    """Return every generated export by id."""
    return {str(export_id): made for export_id, made in world.state(GeneratedExports).by_id.items()}


RESOURCE_ROUTES = ResourceRoutes(
    resources=(Resource(type=TYPE, create=trigger, relations=RELATIONS),),
    controls={("GET", "truth/exports"): expected_exports, ("POST", "exports/move"): move},
)
