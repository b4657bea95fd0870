"""The log of agents' log-ins and log-outs: CSV, or JSON if requested, but not JSON:API."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from operator import attrgetter
from typing import Any, NamedTuple

from deploy.sandbox.http.encoding import encode
from deploy.sandbox.http.replies import Reply
from deploy.sandbox.http.routes import Request, ResourceRoutes
from deploy.sandbox.world.history import History
from deploy.sandbox.world.history.beginning import Arrivals
from deploy.sandbox.world.history.volume import is_workday
from deploy.sandbox.world.world import World

DAY_S = 86_400
DEFAULT_S = 7 * DAY_S  # the period of a request without times
HISTORY_S = 9 * DAY_S  # the age of the log when a sandbox without a past starts
PAST_SHIFT_S = (1_800, 6 * 3_600)  # how long agents stayed in or out in the past
SHIFT_S = (20, 180)  # and how long now
WORKDAY = (8, 12, 12.75, 17)  # of the sandbox's past: hours at which agents log in and out
ABSENT_SHARE = 0.12  # of an agent's workdays
DOUBLED_SHARE = 0.1  # of the events, which are logged twice in the same second

OWN_GROUP, OTHER_GROUP = "A", "B"  # system groups; the token belongs to the first
AGENTS = (
    ("sysadmin", OWN_GROUP),
    ("asa.lindqvist", OWN_GROUP),
    ("nur", OWN_GROUP),
    ("jurgen@nordkust.example", OWN_GROUP),
    ("王小明", OWN_GROUP),
    ("Doe, Jane", OWN_GROUP),
    ('the "boss"', OWN_GROUP),
    ("otto", OTHER_GROUP),
)


class Logon(NamedTuple):
    """One log-in or log-out."""

    name: str
    at: int  # epoch seconds
    action: str
    group: str


class Shift(NamedTuple):
    """A period in which an agent stays logged in, or logged out."""

    logged_in: bool
    until: float


class Logons:
    """The log of all system groups."""

    def __init__(self, world: World) -> None:
        self.events: list[Logon] = []
        self._history = world.history
        self._rng = random.Random(2019)  # noqa: S311  # its own, so that other choices stay the same
        self._shifts: dict[str, Shift] = {}
        self._live_from = 0.0

    def advance(self, now: float) -> None:
        """Log agents in and out until ``now``; the first call also generates the past days."""
        if not self._shifts:
            self._live_from = now
            begin = now if self._history.days else now - HISTORY_S
            self.events += past_workdays(self._history)
            self._shifts = {name: self._shift(False, begin) for name, _ in AGENTS}
        for name, group in AGENTS:
            while (shift := self._shifts[name]).until <= now:
                action = "Logout" if shift.logged_in else "Login"
                times = 2 if self._rng.random() < DOUBLED_SHARE else 1
                self.events += [Logon(name, int(shift.until), action, group)] * times
                self._shifts[name] = self._shift(not shift.logged_in, shift.until)

    def visible(self, *, since: int, until: int, name: str | None) -> list[Logon]:
        """Return the events that the token may see, from ``since`` to before ``until``."""
        return sorted(
            (
                one
                for one in self.events
                if one.group == OWN_GROUP and since <= one.at < until and name in (None, one.name)
            ),
            key=attrgetter("at"),
        )

    def _shift(self, logged_in: bool, begin: float) -> Shift:
        past = begin + self._rng.uniform(*PAST_SHIFT_S)
        if past <= self._live_from:
            return Shift(logged_in, past)
        return Shift(logged_in, max(begin, self._live_from) + self._rng.uniform(*SHIFT_S))


def past_workdays(history: History) -> Iterator[Logon]:
    """Yield the log-ins and log-outs of the workdays before the present day."""
    for day in sorted(history.all_days())[:-1]:
        yield from workday(day, history.arrivals)


def workday(day: date, arrivals: Arrivals) -> Iterator[Logon]:
    """Yield the log-ins and log-outs of a day, with a lunch break; none if nobody works."""
    midnight = int(datetime(day.year, day.month, day.day, tzinfo=arrivals.zone).timestamp())
    for name, group in AGENTS if is_workday(day) else ():
        rng = arrivals.rng("logons", day, name)
        if rng.random() < ABSENT_SHARE:
            continue
        for place, hour in enumerate(WORKDAY):
            at = midnight + hour * 3_600 + rng.gauss(0, 420)
            yield Logon(name, int(at), ("Login", "Logout")[place % 2], group)


def list_logons(request: Request) -> Reply:
    """Answer as ``capi/custom/logio`` does; the numbers of records start at 1 in each answer."""
    now = int(request.world.now())
    try:
        since = int(request.query.get("from") or now - DEFAULT_S)
        until = int(request.query.get("to") or now)
    except ValueError:
        return _json({"error": "from and to are unix timestamps"}, status=400)
    found = request.world.state(Logons).visible(
        since=since, until=until, name=request.query.get("name")
    )
    if request.query.get("format") == "json":
        return _json([_object(number, one) for number, one in enumerate(found, 1)] or None)
    return Reply(status=200, body=_csv(found), media_type="text/csv")


def expected_logons(world: World, _query: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return every event, of all system groups."""
    return [{**_object(0, one), "group": one.group} for one in world.state(Logons).events]


def add_logon(world: World, body: Mapping[str, Any]) -> dict[str, Any]:
    """Add ``{"name": "joe", "action": "Login", "timestamp": 1554108462, "group": "A"}`` to the log.

    Each key has a default. Raises ``ValueError``.
    """
    logon = Logon(
        str(body.get("name", "joe")),
        int(body.get("timestamp", world.now())),
        str(body.get("action", "Login")),
        str(body.get("group", OWN_GROUP)),
    )
    world.state(Logons).events.append(logon)
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


RESOURCE_ROUTES = ResourceRoutes(
    custom={"capi/custom/logio": list_logons},
    controls={("GET", "truth/logons"): expected_logons, ("POST", "logons"): add_logon},
)
