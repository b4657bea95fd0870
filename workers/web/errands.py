"""Errands: search and filters, fifty a page."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from workers.config.workspaces import WorkspaceSettings
from workers.database import Connection
from workers.operations.store import errand_search
from workers.operations.store.errand_search import FoundErrand, Search, SearchTooSlow
from workers.web import formats, name_filters, texts
from workers.web.database import connection, settings
from workers.web.name_filters import KINDS, Kind, NameFilter
from workers.web.parameters import id_of, workspace_of

errands = Blueprint("errands", __name__)
PAGE = 50
PARAMETERS = ("workspace", "q", "area", "agent", "tag", "state", "day")
STATES = ("open", "answered", "closed", "deleted", "gone")
MAX_WORDS = 200  # characters
EPOCH = datetime.fromtimestamp(0, UTC)

Wrong = tuple[str, str]
"""The name of a text that says what is wrong, and what was given."""

_NUMBER = re.compile(r"#?([0-9]{1,18})(-[0-9]{1,9})?")


@errands.get("/errands")
def index() -> ResponseReturnValue:
    """Show the errands that are searched for, the newest first."""
    workspace = workspace_of(request.args.get("workspace") or settings().workspaces[0].name)
    formats.use_zone(workspace.timezone)
    found: list[FoundErrand] = []
    with connection() as conn:
        filters = {kind: _filter(conn, workspace, kind) for kind in KINDS}
        wrong = [(one.problem, one.shown) for one in filters.values() if one.problem]
        wanted = _search(workspace, filters, wrong)
        if not wrong:
            try:
                found = errand_search.search(conn, wanted, limit=PAGE + 1)
            except SearchTooSlow:
                wrong.append(("errands.too_slow", ""))
    return render_template(
        "errands.html",
        workspace=workspace.name,
        workspaces=[one.name for one in settings().workspaces],
        found=found[:PAGE],
        older=_link_to_older(found[PAGE - 1]) if len(found) > PAGE else "",
        first=not request.args.get("after"),
        filters=filters,
        states=STATES,
        problem=texts.text(wrong[0][0], given=wrong[0][1]) if wrong else "",
        given=request.args,
        newest=_given(),
        filtered=bool(_given().keys() - {"workspace"}),
    )


def _filter(conn: Connection, workspace: WorkspaceSettings, kind: Kind) -> NameFilter:
    return name_filters.read(conn, workspace.name, kind, request.args.get(kind, ""))


def _search(
    workspace: WorkspaceSettings, filters: Mapping[Kind, NameFilter], wrong: list[Wrong]
) -> Search:
    """Return what the address asks for; ``wrong`` collects what cannot be read."""
    given: dict[str, Any] = _words(request.args.get("q", "").strip())
    given |= {f"{kind}_id": one.id for kind, one in filters.items()}
    given["state"] = _read("state", _state, wrong)
    if day := _read("day", lambda text: _day(text, workspace.timezone), wrong):
        given |= {"since": day[0], "until": day[1]}
    if after := _read("after", _key, wrong):
        given |= {"after_at": after[0], "after_id": after[1]}
    return Search(workspace=workspace.name, **given)


def _words(text: str) -> dict[str, Any]:
    """Return what the words search for: a number, an address, or words of the subject."""
    text = text.replace("\0", "")[:MAX_WORDS]
    if not text:
        return {}
    if found := _NUMBER.fullmatch(text):
        number = text.removeprefix("#")
        return {"display_id": number, "errand_id": None if found[2] else int(found[1])}
    if "@" in text and not re.search(r"\s", text):
        return {"address": text}
    return {"words": text}


def _read(name: str, read: Any, wrong: list[Wrong]) -> Any:
    text = request.args.get(name, "").strip()
    try:
        return read(text) if text else None
    except (ValueError, OverflowError):
        wrong.append((f"errands.wrong_{name}", text))
        return None


def _state(text: str) -> str:
    if text not in STATES:
        raise ValueError(text)
    return text


def _day(text: str, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return the begin of a day and that of the next, in UTC."""
    day = date.fromisoformat(text)
    midnight = datetime.combine(day, time(), zone)
    following = datetime.combine(day + timedelta(days=1), time(), zone)
    return midnight.astimezone(UTC), following.astimezone(UTC)


def _key(text: str) -> tuple[datetime, int]:
    """Return arrival and id of the last errand of the page before."""
    microseconds, _, errand_id = text.partition(".")
    sign = -1 if microseconds.startswith("-") else 1
    since_epoch = timedelta(microseconds=sign * id_of(microseconds.removeprefix("-")))
    return EPOCH + since_epoch, id_of(errand_id)


def _link_to_older(last: FoundErrand) -> str:
    if last.arrived_at is None:
        return ""
    arrived = (last.arrived_at - EPOCH) // timedelta(microseconds=1)
    after = {"after": f"{arrived}.{last.errand_id}"}
    return f"{url_for('errands.index')}?{urlencode(_given() | after)}"


def _given() -> dict[str, str]:
    """Return the search of the address, from its first page on."""
    return {name: request.args[name] for name in PARAMETERS if request.args.get(name)}
