"""Customer Radar: ``POST /customer-radar/auth/login`` and ``POST /customer-radar/invitation``."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from typing import Any

from deploy.sandbox.http.faults import INVITATION, LOGIN
from deploy.sandbox.http.replies import Reply
from deploy.sandbox.surveys.messages import Messages
from deploy.sandbox.surveys.vendor_routes import (
    USER,
    Refusal,
    VendorRequest,
    VendorRoute,
    json_reply,
)
from deploy.sandbox.world.world import World

NAME = "customer_radar"
PREFIX = "/customer-radar"
LOGIN_PATH = f"{PREFIX}/auth/login"
INVITATION_PATH = f"{PREFIX}/invitation"

CLIENT = "sandbox-client"
TOKEN_LIFE_S = 3600
FIRST_ID = 846_673_197_418_938_368  # beyond the integers that a double holds
NO_FEEDBACK_CODE = (
    "No Feedback code found for this clientDisplayId, locationDisplayId, pomDisplayId & "
    "programmeDisplayId."
)


class Sessions:
    """The tokens that are valid, with their ends in epoch seconds."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._rng = random.Random(7)  # noqa: S311  # its own, so that other choices stay the same
        self._valid: dict[str, float] = {}
        self.invitations = 0

    def begin(self) -> tuple[str, float]:
        """Return a new token and its end."""
        token = f"eyJ0eXAiOiJKV1Qi.{self._rng.getrandbits(128):032x}.sandbox"
        self._valid[token] = self._world.now() + TOKEN_LIFE_S
        return token, self._valid[token]

    def expire_all(self) -> None:
        """End every session."""
        self._valid.clear()

    def has(self, token: str) -> bool:
        """Return whether ``token`` is valid."""
        return self._valid.get(token, 0) > self._world.now()

    def next_id(self) -> str:
        """Return the id of the next invitation."""
        self.invitations += 1
        return str(FIRST_ID + self.invitations)


def find_route(method: str, path: str, _query: Mapping[str, str]) -> VendorRoute | None:
    """Return the route of a request."""
    return ROUTES.get(path) if method == "POST" else None


def log_in(request: VendorRequest) -> Reply:
    """Answer with a token, or with the error documented for a wrong password."""
    body = request.json_object()
    if (body.get("username"), body.get("password")) != (USER, request.password):
        raise Refusal(401, "Wrong password")
    token, expiration = request.world.state(Sessions).begin()
    return json_reply({"token": token, "expiration": expiration, "userName": USER})


def invite(request: VendorRequest) -> Reply:
    """Write to each person in ``sendData``, and answer with one id."""
    sessions = request.world.state(Sessions)
    if not sessions.has(request.authorization):
        raise Refusal(401, "Unauthorised")
    body = request.json_object()
    for problem in _problems(body):
        raise Refusal(400, problem)
    remote_id = sessions.next_id()
    for person in body["sendData"]:
        names = (person.get("firstName"), person.get("lastName"))
        request.world.state(Messages).add(
            vendor=NAME,
            remote_id=remote_id,
            contact=person.get("email") or person["mobile"],
            name=" ".join(filter(None, names)),
            survey=body["programmeDisplayId"],
            agent="",
            pairs={pair["key"]: pair["value"] for pair in person.get("metadata") or ()},
        )
    return json_reply({"code": "00000", "description": "success", "data": remote_id})


def login_error(status: int, texts: tuple[str, ...]) -> Reply:
    """Return an error document of the login."""
    text = " ".join(texts)
    document = {"code": 2, "userMessage": text, "developerMessage": text}
    return json_reply(document, status=status)


def error(status: int, texts: tuple[str, ...]) -> Reply:
    """Return an error document of an invitation."""
    return json_reply({"code": f"{status}17", "description": " ".join(texts)}, status=status)


def _problems(body: Mapping[str, Any]) -> Iterator[str]:
    for name in ("clientDisplayId", "programmeDisplayId"):
        if not _is_text(body.get(name)):
            yield f"{name} is mandatory."
    if body.get("clientDisplayId") != CLIENT:
        yield NO_FEEDBACK_CODE
    persons = body.get("sendData")
    if not isinstance(persons, list) or not persons:
        yield "sendData is mandatory."
        return
    for person in persons:
        yield from _problems_of_person(person)


def _problems_of_person(person: Any) -> Iterator[str]:
    if not isinstance(person, dict):
        yield "sendData must be a list of objects."
        return
    if not _is_text(person.get("locationDisplayId")):
        yield "locationDisplayId is mandatory."
    if not (_is_text(person.get("email")) or _is_text(person.get("mobile"))):
        yield "email is mandatory."
    pairs = person.get("metadata") or []
    if not isinstance(pairs, list) or not all(map(_is_pair, pairs)):
        yield "metadata must be a list of keys and values."


def _is_pair(value: Any) -> bool:
    return isinstance(value, dict) and all(
        isinstance(value.get(name), str) for name in ("key", "value")
    )


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value)


def _expire_tokens(world: World) -> None:
    world.state(Sessions).expire_all()


ROUTES: Mapping[str, VendorRoute] = {
    LOGIN_PATH: VendorRoute(type=LOGIN, handle=log_in, error=login_error),
    INVITATION_PATH: VendorRoute(
        type=INVITATION, handle=invite, error=error, expire_tokens=_expire_tokens
    ),
}
