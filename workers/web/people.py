"""Who makes a request, and what they may do."""

from __future__ import annotations

import hashlib
import hmac
import time
from dataclasses import dataclass

from flask import current_app, g, request, session

from workers.config.logs import RateLimitedWarning
from workers.config.web import Role, User, WebSettings

SESSION_S = 12 * 3600
not_one_person = RateLimitedWarning("the proxy names several people, or lets browsers name one")
MAX_NAME = 200  # characters of a name that a proxy gives


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who is signed in."""

    name: str
    role: Role
    by_proxy: bool = False  # signs out there

    @property
    def operates(self) -> bool:
        """Whether this person may act."""
        return self.role is Role.OPERATOR


def web_settings() -> WebSettings:
    """Return the settings of the web face."""
    found: WebSettings = current_app.config["SETTINGS"].web
    return found


def current_person() -> Person | None:
    """Return who makes the request; ``None``: nobody who is signed in."""
    if "person" not in g:
        g.person = _of_proxy(web_settings()) or _of_session(web_settings())
    found: Person | None = g.person
    return found


def require_person() -> Person:
    """Return who makes the request, which only people who are signed in reach."""
    found = current_person()
    if found is None:
        raise PermissionError("Nobody is signed in.")
    return found


def remember(user: User) -> None:
    """Begin the session of somebody who has signed in; nothing of an earlier one stays."""
    language = session.get("language")
    session.clear()
    session.permanent = True
    session["name"], session["mark"] = user.name, _mark(user)
    session["signed_in_s"] = int(time.time())
    if language is not None:
        session["language"] = language


def forget() -> None:
    """End the session."""
    session.clear()


def _of_proxy(web: WebSettings) -> Person | None:
    """Return whom a trusted proxy names; requests of others have no such header any more."""
    name = _header(web.trusted_header)
    if not name:
        return None
    if "," in name:  # the header came twice: from the browser too
        not_one_person.warn(header=web.trusted_header)
        return None
    groups = _header(web.groups_header)
    operates = web.operator_groups & {one.strip() for one in groups.split(",")}
    role = Role.OPERATOR if operates else Role.ANALYST
    return Person(name=name[:MAX_NAME], role=role, by_proxy=True)


def _header(name: str) -> str:
    """Return a header, which proxies write in UTF-8, or an empty text."""
    text = request.headers.get(name, "").strip() if name else ""
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text


def _of_session(web: WebSettings) -> Person | None:
    signed_in_s = session.get("signed_in_s", 0)
    if not 0 <= time.time() - signed_in_s < SESSION_S:
        return None
    for user in web.users:
        if user.name == session.get("name") and _mark(user) == session.get("mark"):
            return Person(name=user.name, role=user.role)
    return None


def _mark(user: User) -> str:
    """Return what a session has of a password's hash: a new password ends all sessions."""
    key = web_settings().secret_key.encode()
    return hmac.new(key, user.password_hash.encode(), hashlib.sha256).hexdigest()[:32]
