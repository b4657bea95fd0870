"""Fault injection: which fault is injected into which request, and how often."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class FaultName(StrEnum):
    """The kinds of faults.

    For a survey vendor, what does not reach Cention reaches nobody; nor do ERROR_500 and DROPPED.
    """

    # The request does not reach Cention; the dirty flag stays.
    UNAUTHORISED = "unauthorised"
    BUSY = "busy"
    NOT_FOUND = "not_found"
    LOGIN_PAGE = "login_page"
    # Cention has answered and cleared the flag; then the answer is lost or damaged.
    ERROR_500 = "error_500"
    DROPPED = "dropped"
    TRUNCATED = "truncated"
    BROKEN_JSON = "broken_json"
    UNREADABLE = "unreadable"
    # The answer arrives, but late or without its SLA. These can be combined with the others.
    LATENCY = "latency"
    SLOW_BODY = "slow_body"
    SLA_NULL = "sla_null"
    # Of the survey vendors alone.
    SENT_THEN_DROPPED = "sent_then_dropped"
    SENT_THEN_500 = "sent_then_500"
    XML = "xml"
    ERROR_IN_200 = "error_in_200"
    WRONG_CODE = "wrong_code"
    TOKEN_EXPIRED = "token_expired"  # noqa: S105  # the name of a fault
    V1_ONLY = "v1_only"  # can be combined with the others
    REPLY_LOST = "reply_lost"
    QUESTION_AS_TEXT = "question_as_text"
    DIALOG_GONE = "dialog_gone"


# The types of the survey vendors' requests, beside the resource types of Cention.
SURVEY_REQUESTS = "digidesk.survey_requests"
LOGIN = "customer_radar.login"
INVITATION = "customer_radar.invitation"
SURVEYS = "centracx.surveys"
CENTRACX_START = "centracx.start"
CENTRACX_REPLY = "centracx.reply"
CENTRACX_STATUS = "centracx.status"
ALVARIA_TOKEN = "alvaria.token"  # noqa: S105  # the name of a type
CONTEXT = "alvaria.context"
OUTCOME = "alvaria.outcome"
RECIPIENT = "mail.recipient"
MAIL = "mail.message"

MEANING: Mapping[FaultName, str] = {
    FaultName.UNAUTHORISED: "401 with an empty body; the dirty flag stays",
    FaultName.BUSY: "503 with Retry-After (seconds, default 1); the flag stays",
    FaultName.NOT_FOUND: "404 with an error document; the flag stays",
    FaultName.LOGIN_PAGE: "200 with an HTML page; the flag stays",
    FaultName.ERROR_500: "500 after the flag was cleared",
    FaultName.DROPPED: "the connection ends without an answer; the flag is cleared",
    FaultName.TRUNCATED: "half of the promised body; the flag is cleared",
    FaultName.BROKEN_JSON: "a body that is not JSON; the flag is cleared",
    FaultName.UNREADABLE: "JSON of a wrong shape; the flag is cleared",
    FaultName.LATENCY: "the answer is delayed by so many seconds (default 1)",
    FaultName.SLOW_BODY: "the body takes so many seconds to send (default 5)",
    FaultName.SLA_NULL: "a report whose SLA is still null",
    FaultName.SENT_THEN_DROPPED: "a survey vendor: what is asked for is done, then no answer",
    FaultName.SENT_THEN_500: "a survey vendor: what is asked for is done, then 500",
    FaultName.XML: "DigiDesk: somebody is written to, the answer is XML",
    FaultName.ERROR_IN_200: "DigiDesk, CentraCX, login of Customer Radar: 200 with an error",
    FaultName.WRONG_CODE: "Customer Radar: 200 with another code; nobody is written to",
    FaultName.TOKEN_EXPIRED: "Customer Radar, Alvaria: all tokens have expired; 401",
    FaultName.V1_ONLY: "DigiDesk: 404 for the path without v1",
    FaultName.REPLY_LOST: "CentraCX: the reply of a customer is taken, then no answer",
    FaultName.QUESTION_AS_TEXT: "CentraCX: a question is a text, its choices stand beside it",
    FaultName.DIALOG_GONE: "Alvaria: the dialog has ended; 404",
}
_SENDING = frozenset({SURVEY_REQUESTS, INVITATION, CENTRACX_START, CENTRACX_REPLY, OUTCOME})
CONFINED: Mapping[FaultName, frozenset[str]] = {
    FaultName.SENT_THEN_DROPPED: _SENDING | {MAIL},
    FaultName.SENT_THEN_500: _SENDING,
    FaultName.XML: frozenset({SURVEY_REQUESTS}),
    FaultName.ERROR_IN_200: frozenset({SURVEY_REQUESTS, LOGIN, CENTRACX_START, CENTRACX_REPLY}),
    FaultName.WRONG_CODE: frozenset({INVITATION}),
    FaultName.TOKEN_EXPIRED: frozenset({INVITATION, CONTEXT, OUTCOME}),
    FaultName.V1_ONLY: frozenset({SURVEY_REQUESTS}),
    FaultName.REPLY_LOST: frozenset({CENTRACX_REPLY}),
    FaultName.QUESTION_AS_TEXT: frozenset({CENTRACX_START, CENTRACX_REPLY}),
    FaultName.DIALOG_GONE: frozenset({CONTEXT, OUTCOME}),
}
DEFAULT_SECONDS: Mapping[FaultName, float] = {
    FaultName.BUSY: 1.0,
    FaultName.LATENCY: 1.0,
    FaultName.SLOW_BODY: 5.0,
}
ADDITIONAL = frozenset(
    {FaultName.LATENCY, FaultName.SLOW_BODY, FaultName.SLA_NULL, FaultName.V1_ONLY}
)
BEFORE_CENTION = frozenset(
    {FaultName.UNAUTHORISED, FaultName.BUSY, FaultName.NOT_FOUND, FaultName.LOGIN_PAGE}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault that is on: its probability, duration, and the requests it concerns."""

    probability: float
    seconds: float
    types: frozenset[str] | None = None  # None: every resource type
    ids: frozenset[int] | None = None  # None: every id, and lists too
    times: int | None = None  # inject at most so often; None: no limit

    def concerns(self, type_: str, remote_id: int | None) -> bool:
        """Return whether the fault may be injected into a request for this type and id."""
        return (self.types is None or type_ in self.types) and (
            self.ids is None or remote_id in self.ids
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class InjectedFault:
    """The faults injected into one request: at most one failure, and additional ones."""

    failure: FaultName | None = None
    latency_s: float = 0.0
    drip_s: float = 0.0
    retry_after_s: float = 0.0
    sla_null: bool = False
    v1_only: bool = False


NO_FAULT = InjectedFault()


class Faults:
    """The faults that are on, and how often each was injected."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._switches: dict[FaultName, Fault] = {}
        self._left: dict[FaultName, int] = {}
        self.injected: Counter[str] = Counter()

    def switch(self, name: FaultName, fault: Fault | None) -> None:
        """Replace the fault called ``name``; ``None`` switches it off."""
        self._switches.pop(name, None)
        if fault is not None:
            self._switches[name] = fault
            self._left[name] = -1 if fault.times is None else fault.times

    def clear(self) -> None:
        """Switch everything off."""
        self._switches.clear()

    def description(self) -> dict[str, Any]:
        """Return the faults that are on, for the control route."""
        return {
            name.value: {
                "probability": fault.probability,
                "seconds": fault.seconds,
                "types": sorted(fault.types) if fault.types is not None else None,
                "ids": sorted(fault.ids) if fault.ids is not None else None,
                "times": None if fault.times is None else self._left[name],
            }
            for name, fault in self._switches.items()
        }

    def draw(self, type_: str, remote_id: int | None) -> InjectedFault:
        """Choose at random the faults of one request."""
        if not self._switches:
            return NO_FAULT
        hits = dict(self._hits(type_, remote_id))
        return InjectedFault(
            failure=next((name for name in hits if name not in ADDITIONAL), None),
            latency_s=hits[FaultName.LATENCY].seconds if FaultName.LATENCY in hits else 0.0,
            drip_s=hits[FaultName.SLOW_BODY].seconds if FaultName.SLOW_BODY in hits else 0.0,
            retry_after_s=hits[FaultName.BUSY].seconds if FaultName.BUSY in hits else 0.0,
            sla_null=FaultName.SLA_NULL in hits,
            v1_only=FaultName.V1_ONLY in hits,
        )

    def _hits(self, type_: str, remote_id: int | None) -> Iterator[tuple[FaultName, Fault]]:
        failed = False
        for name, fault in self._switches.items():
            if (failed and name not in ADDITIONAL) or not fault.concerns(type_, remote_id):
                continue
            if type_ not in CONFINED.get(name, {type_}):
                continue
            if self._left[name] == 0 or self._rng.random() >= fault.probability:
                continue
            self._left[name] -= 1
            self.injected[name.value] += 1
            failed = failed or name not in ADDITIONAL
            yield name, fault


def read_fault(name: FaultName, switch: Mapping[str, Any]) -> Fault:
    """Return a fault from the values of the command line or the control route.

    Keys: ``probability`` (default 1), ``seconds``, ``types``, ``ids``, ``times``.
    Raises ``ValueError`` for anything else.
    """
    unknown = switch.keys() - {"probability", "seconds", "types", "ids", "times"}
    if unknown:
        raise ValueError(f"{name}: unknown {', '.join(sorted(unknown))}")
    seconds = switch.get("seconds")
    types, ids, times = switch.get("types"), switch.get("ids"), switch.get("times")
    try:
        fault = Fault(
            probability=float(switch.get("probability", 1)),
            seconds=DEFAULT_SECONDS.get(name, 0.0) if seconds is None else float(seconds),
            types=None if types is None else frozenset(map(str, types)),
            ids=None if ids is None else frozenset(map(int, ids)),
            times=None if times is None else int(times),
        )
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name}: {error}") from error
    if not 0 <= fault.probability <= 1 or fault.seconds < 0 or (fault.times or 0) < 0:
        raise ValueError(f"{name}: a probability is 0 to 1; seconds and times are not negative")
    return fault


def read_fault_option(text: str) -> tuple[FaultName, Fault]:
    """Read ``latency=0.5,seconds=2,types=c3_errand_reports+c3_area_archives,ids=7+8,times=3``.

    Raises ``ValueError``.
    """
    first, *rest = text.split(",")
    name_text, _, probability = first.partition("=")
    name = FaultName(name_text)
    switch: dict[str, Any] = {"probability": probability or 1}
    for state in rest:
        key, _, value = state.partition("=")
        switch[key] = value.split("+") if key in ("types", "ids") else value
    return name, read_fault(name, switch)
