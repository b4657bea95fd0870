"""Times, durations and texts as pages show them."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from flask import g
from jinja2 import Environment
from markupsafe import Markup, escape

from workers.operations.jobs import sentences
from workers.web import texts

NONE = Markup("\u2013")  # for what is not known
LONGEST = 300  # characters of a text in a line of a list
# They turn the direction of writing, and can reach beyond the element that isolates them.
TURNING = dict.fromkeys((*range(0x202A, 0x202F), *range(0x2066, 0x206A)))
UNIT = 1024


def add_to(environment: Environment) -> None:
    """Add the filters of the pages."""
    environment.filters.update(
        moment=moment,
        clock=clock,
        age=age,
        duration=duration,
        number=number,
        short=short,
        shown=shown,
        size=size,
        translated=texts.translated,
    )


def use_zone(zone: ZoneInfo) -> None:
    """Show the times of this page in a zone."""
    g.zone = zone


def moment(value: datetime | None) -> Markup:
    """Return a time to the second, with its zone in the title."""
    if value is None:
        return NONE
    local = _local(value)
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        value.astimezone(UTC).isoformat(), local.tzname(), local.strftime("%Y-%m-%d %H:%M:%S")
    )


def clock(value: datetime) -> Markup:
    """Return a time of the last day, to the minute."""
    local = _local(value)
    return Markup('<time datetime="{}">{}</time>').format(
        value.astimezone(UTC).strftime("%Y-%m-%dT%H:%MZ"), local.strftime("%H:%M")
    )


def _local(value: datetime) -> datetime:
    """Return a time in the zone of the page; in UTC if the calendar ends before it there."""
    try:
        return value.astimezone(g.get("zone", UTC))
    except OverflowError:
        return value.astimezone(UTC)


def age(value: datetime | None, at: datetime) -> str:
    """Return how long before ``at`` a time was."""
    return duration(None if value is None else (at - value).total_seconds())


def duration(seconds: float | None) -> str:
    """Return a duration in one unit, as alerts have it in the language of the page."""
    if seconds is None:
        return NONE
    return texts.translated(sentences.duration(seconds)).replace(" ", "\u00a0")


def number(value: int | None) -> str:
    """Return a number with a narrow space between its thousands."""
    return NONE if value is None else f"{value:,}".replace(",", "\u202f")


def short(value: str | None, longest: int = LONGEST) -> Markup:
    """Return a text of customers or vendors for one line, isolated from the text around it."""
    text = (value or "").translate(TURNING).strip()
    shown = text if len(text) <= longest else f"{text[:longest]}…"
    return Markup("<bdi>{}</bdi>").format(escape(shown)) if shown else NONE


def shown(value: object) -> Markup:
    """Return a value of a condition: yes or no, a time, several texts, or what it prints as."""
    if isinstance(value, bool):
        return escape(texts.text("now.yes" if value else "now.no"))
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, (list, tuple, set, frozenset)):
        return short(", ".join(map(str, value)))
    return short(None if value is None else str(value))


def size(value: int | None) -> str:
    """Return a number of bytes in the unit that suits it."""
    if value is None:
        return NONE
    amount = float(value)
    for unit in ("B", "KiB", "MiB"):
        if amount < UNIT:
            return f"{amount:.0f}\u00a0{unit}"
        amount /= UNIT
    return f"{amount:.1f}\u00a0GiB"
