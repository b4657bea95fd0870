"""Exports: each POST generates an export of the present errands, and leaves it at Cention."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from deploy.sandbox.http.replies import Reply, created_reply
from deploy.sandbox.http.request_body import NotDecodable, check_types, posted_attributes
from deploy.sandbox.http.routes import ApiError, Request, ResourceRoutes
from deploy.sandbox.resources.documents import resource
from deploy.sandbox.resources.reports import subject_of
from deploy.sandbox.world import sample_data
from deploy.sandbox.world.records import Errand
from deploy.sandbox.world.world import World

TYPE = "c3_trigger_exports"
PRESETS = frozenset({"1", "3", "316"})  # at Cention, presets are made in the user interface
TYPES = {"use_closure_date": bool, "errand_from_date": str, "errand_to_date": str}


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


def trigger(request: Request) -> Reply:
    """Answer 201 with the errands of the days: a list, but one as an object, and none as null."""
    attributes = posted_attributes(request.body, TYPE)
    check_types(attributes, TYPES)
    preset = preset_of(request.body)
    if preset not in PRESETS:
        raise ApiError(400, "no such export")
    by_closure = attributes.get("use_closure_date", False)
    first, last = (_day(attributes.get(f"errand_{end}_date")) for end in ("from", "to"))
    chosen = [
        errand
        for errand in request.world.errands.values()
        if _within(_moment(errand, by_closure=by_closure), first, last, request.zone)
    ]
    rows = [row_of(errand, request.zone) for errand in chosen if not errand.gone]
    order = {"preset": preset, **attributes}
    export_id = request.world.state(GeneratedExports).add(order, len(rows))
    made = {
        "c3_id": export_id,
        **attributes,
        "content": rows[0] if len(rows) == 1 else rows or None,
    }
    return created_reply(resource(TYPE, export_id, made), TYPE, export_id)


def preset_of(body: bytes) -> str | None:
    """Return the id of the preset; ``None`` if the linkage is missing or a list."""
    data = json.JSONDecoder().raw_decode(body.decode().lstrip())[0]["data"]
    export = (data.get("relationships") or {}).get("export") or {}
    linked = export.get("data") if isinstance(export, dict) else None
    if not isinstance(linked, dict) or linked.get("type") != "c3_exports":
        return None
    if not isinstance(linked.get("id"), str):
        raise NotDecodable("Invalid type provided")
    return str(linked["id"])


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
        "priority": "High" if errand.topic == 1 else "",
        **{
            f"satisfaction_meter_answer_{level}": errand.feedback if level == 1 else None
            for level in range(1, 6)
        },
        "channel": errand.service.name,
        "area_external_id": "",
    }


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
    routes={("POST", f"capi/json/{TYPE}"): trigger},
    controls={("GET", "truth/exports"): expected_exports, ("POST", "exports/move"): move},
)
