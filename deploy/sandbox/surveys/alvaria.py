"""Alvaria: tokens, and the context and the outcome of dialogs that show our page."""

from __future__ import annotations

import hmac
import random
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import orjson

from deploy.sandbox.http.faults import ALVARIA_TOKEN, CONTEXT, OUTCOME
from deploy.sandbox.http.replies import Reply
from deploy.sandbox.surveys.vendor_routes import (
    USER,
    Refusal,
    VendorRequest,
    VendorRoute,
    json_reply,
)
from deploy.sandbox.world.world import World

NAME = "alvaria"
PREFIX = "/alvaria"
ORG = "sandbox"
API_KEY = "sandbox-api-key"
SCOPE = "customerexperienceapi"
TOKEN_PATH = f"{PREFIX}/tokenservice/oauth2/access_token"
_APP = f"{PREFIX}/via/v2/organizations/{ORG}/customerexperience/disposableApp"
CONTEXT_PATH = f"{_APP}/context"
OUTCOME_PATH = f"{_APP}/outcome"
TOKEN_LIFE_S = 3599
OUTCOME_KIND = "cxp#disposableAppOutcome"
LANGUAGES = ("sv", "sv", "en", "fi")


@dataclass(slots=True, kw_only=True)
class Dialog:
    """A chat that shows our page."""

    session_id: str
    errand_id: int | None
    content: str  # what its script has set
    begun_at: float
    ended: bool = False
    contexts_read: int = 0
    outcomes: list[dict[str, str]] = field(default_factory=list)


class Dialogs:
    """The dialogs in order, and the tokens that are valid."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._rng = random.Random(13)  # noqa: S311  # its own, so that other choices stay the same
        self._tokens: dict[str, float] = {}
        self.all: dict[str, Dialog] = {}

    def new_token(self) -> str:
        """Return a new token."""
        token = f"{self._rng.getrandbits(128):032x}"
        self._tokens[token] = self._world.now() + TOKEN_LIFE_S
        return token

    def has_token(self, token: str) -> bool:
        """Return whether ``token`` is valid."""
        return self._tokens.get(token, 0) > self._world.now()

    def expire_tokens(self) -> None:
        """End every token."""
        self._tokens.clear()

    def begin(self, errand_id: int | None, *, language: str | None, content: str | None) -> Dialog:
        """Begin a dialog about an errand; ``content`` replaces what a script would set."""
        session_id = f"{self._rng.getrandbits(128):032x}"
        language = language or self._rng.choice(LANGUAGES)
        usual = {"errand": str(errand_id), "language": language, "channel": "chat"}
        self.all[session_id] = dialog = Dialog(
            session_id=session_id,
            errand_id=errand_id,
            content=orjson.dumps(usual).decode() if content is None else content,
            begun_at=self._world.now(),
        )
        return dialog

    def live(self, session_id: str) -> Dialog:
        """Return a dialog that has not ended. Raises ``Refusal``."""
        dialog = self.all.get(session_id)
        if dialog is None or dialog.ended:
            raise Refusal(404, "Dialog Id not found on the cluster")
        return dialog

    def end(self, session_id: str) -> None:
        """End a dialog, if there is such a one."""
        if dialog := self.all.get(session_id):
            dialog.ended = True


def find_route(method: str, path: str, _query: Mapping[str, str]) -> VendorRoute | None:
    """Return the route of a request."""
    return ROUTES.get((method, path))


def token(request: VendorRequest) -> Reply:
    """Answer with a token for the scope that the form asks for."""
    expected = f"Basic {b64encode(f'{USER}:{request.password}'.encode()).decode()}"
    given = request.authorization.encode(errors="surrogateescape")
    if not hmac.compare_digest(given, expected.encode()):
        raise Refusal(401, "Client authentication failed")
    form = {name: values[-1] for name, values in parse_qs(request.body.decode("latin-1")).items()}
    if form.get("grant_type") != "client_credentials":
        raise Refusal(400, "grant_type must be client_credentials")
    if {form.get("realm"), request.query.get("realm", ORG)} != {ORG}:
        raise Refusal(400, "No such realm")
    if SCOPE not in form.get("scope", "").replace(".", " ").split():
        raise Refusal(400, "No such scope")
    return json_reply(
        {
            "access_token": request.world.state(Dialogs).new_token(),
            "scope": form["scope"],
            "token_type": "Bearer",
            "expires_in": TOKEN_LIFE_S,
        }
    )


def context(request: VendorRequest) -> Reply:
    """Answer with what the script of a dialog has set."""
    dialog = _dialog(request)
    dialog.contexts_read += 1
    return json_reply({"kind": "cxp#disposableAppContext", "content": dialog.content})


def outcome(request: VendorRequest) -> Reply:
    """Take the variables of a dialog, and answer 204."""
    dialog = _dialog(request)
    body = request.json_object()
    listed = body.get("variables")
    if body.get("kind") != OUTCOME_KIND or not isinstance(listed, list):
        raise Refusal(400, "Validation exception")
    if not all(map(_is_variable, listed)):
        raise Refusal(400, "The value for a variable is invalid")
    dialog.outcomes.append({one["id"]: one["value"] for one in listed})
    return Reply(status=204)


def token_error(status: int, texts: tuple[str, ...]) -> Reply:
    """Return an error document of the token service."""
    document = {"error": "invalid_request", "error_description": " ".join(texts)}
    return json_reply(document, status=status)


def error(status: int, texts: tuple[str, ...]) -> Reply:
    """Return an error document; 401 has none."""
    if status == 401:
        return Reply(status=401)
    scope = {"scope": "global", "reason": "Invalid request", "message": " ".join(texts)}
    document = {"code": str(status), "message": " ".join(texts), "errors": [scope]}
    return json_reply(document, status=status)


def begin_dialog(world: World, body: Mapping[str, Any]) -> dict[str, Any]:
    """Begin a dialog: ``{"errand_id": 5, "language": "sv"}``; by default about a recent errand.

    ``content`` replaces what the script sets. Raises ``ValueError``.
    """
    if unknown := body.keys() - {"errand_id", "language", "content"}:
        raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
    errand_id, texts = body.get("errand_id"), (body.get("language"), body.get("content"))
    if errand_id is None:
        recent = world.recent_errand()
        errand_id = None if recent is None else recent.errand_id
    elif type(errand_id) is not int or world.errand(errand_id) is None:
        raise ValueError("no such errand")
    if not all(text is None or isinstance(text, str) for text in texts):
        raise ValueError("language and content must be texts")
    dialog = world.state(Dialogs).begin(errand_id, language=texts[0], content=texts[1])
    return {"session_id": dialog.session_id, "errand_id": dialog.errand_id}


def end_dialog(world: World, body: Mapping[str, Any]) -> dict[str, Any]:
    """End the dialog of ``{"session_id": ...}``. Raises ``ValueError``."""
    dialogs, session_id = world.state(Dialogs), body.get("session_id")
    if session_id not in dialogs.all:
        raise ValueError("no such dialog")
    dialogs.end(session_id)
    return {"session_id": session_id}


def expected_dialogs(world: World) -> list[dict[str, Any]]:
    """Return every dialog, and the variables of each outcome that it was given."""
    return [
        {
            "session_id": dialog.session_id,
            "errand_id": dialog.errand_id,
            "begun_at": dialog.begun_at,
            "ended": dialog.ended,
            "contexts_read": dialog.contexts_read,
            "outcomes": dialog.outcomes,
        }
        for dialog in world.state(Dialogs).all.values()
    ]


def _dialog(request: VendorRequest) -> Dialog:
    dialogs = request.world.state(Dialogs)
    scheme, _, given = request.authorization.partition(" ")
    if scheme != "Bearer" or not dialogs.has_token(given):
        raise Refusal(401)
    if request.api_key != API_KEY:
        raise Refusal(403, "Forbidden")
    return dialogs.live(request.query.get("sessionId", ""))


def _is_variable(value: Any) -> bool:
    return isinstance(value, dict) and all(
        isinstance(value.get(name), str) and (value[name] or name == "value")
        for name in ("id", "value")
    )


def _expire_tokens(world: World) -> None:
    world.state(Dialogs).expire_tokens()


ROUTES: Mapping[tuple[str, str], VendorRoute] = {
    ("POST", TOKEN_PATH): VendorRoute(type=ALVARIA_TOKEN, handle=token, error=token_error),
    ("GET", CONTEXT_PATH): VendorRoute(
        type=CONTEXT, handle=context, error=error, expire_tokens=_expire_tokens
    ),
    ("POST", OUTCOME_PATH): VendorRoute(
        type=OUTCOME, handle=outcome, error=error, expire_tokens=_expire_tokens
    ),
}
