"""When and to whom the weekly report of one workspace is sent."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import time
from typing import Any

from environs import Env

LANGUAGES = ("en", "sv")
TEXTS = ("report_every", "report_to", "report_language")
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_EVERY = re.compile(rf"({'|'.join(DAYS)})\s+([01]?\d|2[0-3]):([0-5]\d)", re.IGNORECASE)
_ADDRESS = re.compile(r"[^\s@,;:<>()\[\]\\\"]+@[^\s@,;:<>()\[\]\\\"]+\.[^\s@,;:<>()\[\]\\\"]+")
_MOST = 50  # recipients


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportSettings:
    """The weekly report of a workspace."""

    weekday: int | None = None  # on which it is sent, 1 is Monday; None: it is not sent
    at: time = time(7)  # by the clock of the workspace
    to: tuple[str, ...] = field(default=(), repr=False)
    language: str = LANGUAGES[0]


def values_from_environment(env: Env) -> dict[str, str]:
    """Return the variables that are set, by their names in the workspaces file."""
    return {
        "report_every": env.str("REPORT_EVERY", ""),
        "report_to": env.str("REPORT_TO", ""),
        "report_language": env.str("REPORT_LANGUAGE", ""),
    }


def faults_of(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with the settings, by their names."""
    every, to = values.get("report_every", ""), _split(values.get("report_to", ""))
    if every and _EVERY.fullmatch(every.strip()) is None:
        yield "report_every", "Not a day and a time such as monday 07:00."
    elif to and not every:
        yield "report_every", "Missing, though there is somebody to send the report to."
    elif every and not values.get("smtp_url"):
        yield "report_every", "Needs a mail server: set SMTP_URL and SMTP_FROM."
    if every and not to:
        yield "report_to", "Missing, though the report is to be sent."
    elif any(_ADDRESS.fullmatch(one) is None or not one.isprintable() for one in to):
        yield "report_to", "Not addresses such as ann@example.com, separated by commas."
    elif len(to) > _MOST:
        yield "report_to", f"More than {_MOST} addresses: use one of a mailing list."
    if values.get("report_language", "") not in ("", *LANGUAGES):
        yield "report_language", f"Not one of {', '.join(LANGUAGES)}."


def read_report(values: Mapping[str, Any]) -> ReportSettings:
    """Return the settings of the report, from values without faults."""
    language = values.get("report_language") or LANGUAGES[0]
    found = _EVERY.fullmatch(values.get("report_every", "").strip())
    if found is None:
        return ReportSettings(language=language)
    return ReportSettings(
        weekday=DAYS.index(found[1].lower()) + 1,
        at=time(int(found[2]), int(found[3])),
        to=tuple(dict.fromkeys(_split(values.get("report_to", "")))),
        language=language,
    )


def _split(addresses: str) -> list[str]:
    return [one.strip() for one in addresses.split(",") if one.strip()]
