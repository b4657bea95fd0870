"""The log of agents' log-ins and log-outs: no JSON:API, and CSV unless JSON is asked for."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Iterable, Mapping
from operator import attrgetter
from typing import Any, NamedTuple

from deploy.sandbox.http.encoding import encode
from deploy.sandbox.http.replies import Reply
from deploy.sandbox.http.routes import Asked, Family
from deploy.sandbox.world.world import World

DAY_S = 86_400
DEFAULT_S = 7 * DAY_S  # what is told when no time is asked for
HISTORY_S = 9 * DAY_S  # that lies behind when the clock first runs
PAST_SPELL_S = (1_800, 6 * 3_600)  # for how long agents stayed in or out then
SPELL_S = (20, 180)  # and now
DOUBLED_SHARE = 0.1  # of the events, written twice within the second

OURS, THEIRS = "A", "B"  # system groups; the token was made in ours
AGENTS = (
    ("sysadmin", OURS),
    ("asa.lindqvist", OURS),
    ("nur", OURS),
    ("jurgen@nordkust.example", OURS),
    ("王小明", OURS),
    ("Doe, Jane", OURS),
    ('the "boss"', OURS),
    ("otto", THEIRS),
)


class Logon(NamedTuple):
    """One log-in or log-out."""

    name: str
    at: int  # epoch seconds
    action: str
    group: str


class Spell(NamedTuple):
    """What an agent is doing, and until when."""

    logged_in: bool
    until: float


class Logons:
    """Everything that was logged, of every system group."""

    def __init__(self, _world: World) -> None:
        self.events: list[Logon] = []
        self._rng = random.Random(2019)  # noqa: S311  # its own: shifts no other chance
        self._spells: dict[str, Spell] = {}
        self._live_from = 0.0

    def advance(self, now: float) -> None:
        """Let agents come and go until ``now``; the first time, for days before it too."""
        if not self._spells:
            self._live_from = now
            begin = now - HISTORY_S
            self._spells = {name: self._spell(False, begin) for name, _ in AGENTS}
        for name, group in AGENTS:
            while (spell := self._spells[name]).until <= now:
                action = "Logout" if spell.logged_in else "Login"
                times = 2 if self._rng.random() < DOUBLED_SHARE else 1
                self.events += [Logon(name, int(spell.until), action, group)] * times
                self._spells[name] = self._spell(not spell.logged_in, spell.until)

    def told(self, *, since: int, until: int, name: str | None) -> list[Logon]:
        """Return what our group's token may see of a time, its end not counted in."""
        return sorted(
            (
                one
                for one in self.events
                if one.group == OURS and since <= one.at < until and name in (None, one.name)
            ),
            key=attrgetter("at"),
        )

    def _spell(self, logged_in: bool, begin: float) -> Spell:
        past = begin + self._rng.uniform(*PAST_SPELL_S)
        if past <= self._live_from:
            return Spell(logged_in, past)
        return Spell(logged_in, max(begin, self._live_from) + self._rng.uniform(*SPELL_S))


def list_logons(asked: Asked) -> Reply:
    """Answer as ``capi/custom/logio`` does; records are numbered anew in each answer."""
    now = int(asked.world.now())
    try:
        since = int(asked.query.get("from") or now - DEFAULT_S)
        until = int(asked.query.get("to") or now)
    except ValueError:
        return _json({"error": "from and to are unix timestamps"}, status=400)
    found = asked.world.part(Logons).told(since=since, until=until, name=asked.query.get("name"))
    if asked.query.get("format") == "json":
        return _json([_object(number, one) for number, one in enumerate(found, 1)] or None)
    return Reply(status=200, body=_csv(found), media_type="text/csv")


def tell_logons(world: World, _query: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Tell every event there is, of other system groups as well."""
    return [{**_object(0, one), "group": one.group} for one in world.part(Logons).events]


def add_logon(world: World, wish: Mapping[str, Any]) -> dict[str, Any]:
    """Log ``{"name": "joe", "action": "Login", "timestamp": 1554108462, "group": "A"}``.

    Each has a default. Raises ``ValueError``.
    """
    logon = Logon(
        str(wish.get("name", "joe")),
        int(wish.get("timestamp", world.now())),
        str(wish.get("action", "Login")),
        str(wish.get("group", OURS)),
    )
    world.part(Logons).events.append(logon)
    return _object(0, logon)


def _object(number: int, one: Logon) -> dict[str, Any]:
    return {"id": number, "name": one.name, "timestamp": one.at, "action": one.action}


def _csv(found: Iterable[Logon]) -> bytes:
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerows((n, one.name, one.at, one.action) for n, one in enumerate(found, 1))
    return file.getvalue().encode()


def _json(value: Any, *, status: int = 200) -> Reply:
    return Reply(status=status, body=encode(value), media_type="application/json")


FAMILY = Family(
    routes={("GET", "capi/custom/logio"): list_logons},
    controls={("GET", "truth/logons"): tell_logons, ("POST", "logons"): add_logon},
)
