"""Settings: what is set and where it came from, and the checks of ``cention check``."""

from __future__ import annotations

from typing import Any

import orjson
from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from workers.operations.jobs import shown_settings as job
from workers.operations.store import operator_requests
from workers.operations.store.operator_requests import Kind
from workers.web import formats, texts
from workers.web.database import asking, connection, settings
from workers.web.notices import warn_of
from workers.web.now import common_zone

shown_settings = Blueprint("settings", __name__, url_prefix="/settings")
ORDER = ("wrong", "warning", "ok")


@shown_settings.get("")
def index() -> ResponseReturnValue:
    """Show the settings of this process, and what the last checks found."""
    formats.use_zone(common_zone())
    with connection() as conn:
        asked = next(iter(operator_requests.latest(conn, [Kind.CHECK], limit=1)), None)
        result = operator_requests.result(conn, asked.request_id) if asked else None
    found = orjson.loads(result) if result else []
    return render_template(
        "settings.html",
        groups=job.of_process(),
        workspaces=job.of_workspaces_file(settings()),
        asked=asked,
        findings=sorted(map(_in_language, found), key=lambda one: ORDER.index(one["level"])),
    )


def _in_language(finding: dict[str, Any]) -> dict[str, Any]:
    """Return a finding in the language of the page; in English if an older worker stored it."""
    found: dict[str, str] = finding.get("texts", {}).get(texts.current_language(), {})
    return finding | found


@shown_settings.post("/checks")
def check() -> ResponseReturnValue:
    """Ask for the checks."""
    with asking() as requests:
        _, problem = requests.check()
    warn_of(problem)
    return redirect(url_for("settings.index", _anchor="checks"), 303)
