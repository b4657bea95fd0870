"""How a request to a survey vendor is sent: JSON, over https, on a connection of its own."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

from workers.clients.http import HttpApi, Timeouts
from workers.clients.json_bodies import ErrorTexts, sanitise_for_log
from workers.clients.surveys.outcomes import without_contacts
from workers.config.secure_urls import fault_of_secure_url

MAX_ANSWER_BYTES = 1024 * 1024
MIN_PERSONAL_CHARACTERS = 4


def checked_url(name: str, url: str) -> str:
    """Return ``url``. Raises ``ValueError``, without quoting it, if it is not https.

    Plain http is for this machine only.
    """
    if fault := fault_of_secure_url(url):
        raise ValueError(f"{name}: {fault}")
    return url


def vendor_http(
    name: str, base_url: str, *, timeouts: Timeouts, error_texts: ErrorTexts
) -> HttpApi:
    """Return the HTTP caller of a vendor. Raises ``ValueError`` as ``checked_url`` does.

    Each request has a connection of its own: on one that the vendor is closing its outcome could
    be unknown.
    """
    return HttpApi(
        name,
        checked_url(name, base_url),
        timeouts=timeouts,
        max_body_bytes=MAX_ANSWER_BYTES,
        error_texts=error_texts,
        keep_alive=False,
    )


def split_path(url: str) -> tuple[str, str]:
    """Return scheme and host of ``url``, and its path, which does not begin with a slash."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc, "", "", "")), parts.path.removeprefix("/")


def basic_authorization(name: str, user: str, password: str) -> str:
    """Return the ``Authorization`` of Basic authentication at the vendor ``name``, in UTF-8.

    Raises ``ValueError`` if it cannot carry the user or the password.
    """
    if not user or not password or ":" in user:
        raise ValueError(f"{name}: user and password are not empty, and the user has no colon")
    if not (user + password).isprintable():
        raise ValueError(f"{name}: user and password consist of printable characters")
    return f"Basic {b64encode(f'{user}:{password}'.encode()).decode()}"


def query_of(values: Mapping[str, str]) -> str:
    """Return a query string; whatever is no letter, digit or ``_.-~`` is percent-encoded."""
    return urlencode(values, quote_via=quote, safe="")


def in_url(text: str) -> str:
    """Return ``text`` as a URL carries it."""
    return quote(text, safe="")


def headers_of(authorization: str | None = None) -> dict[str, str]:
    """Return the headers of a request with a JSON body."""
    headers = {"Accept": "application/json", "Content-Type": "application/json"}
    return headers if authorization is None else {**headers, "Authorization": authorization}


def encoded(body: Mapping[str, Any]) -> bytes:
    """Return ``body`` as JSON."""
    return json.dumps(body, ensure_ascii=False).encode()


def personal_texts(*texts: str | None) -> tuple[str, ...]:
    """Return those of a person's texts that can be removed from a sentence and leave it readable.

    A name of three letters would be found within other words.
    """
    return tuple(text for text in texts if text and len(text) >= MIN_PERSONAL_CHARACTERS)


def reason_from(texts: tuple[str, ...], *, secrets: tuple[str, ...], otherwise: str) -> str:
    """Return what a vendor says in one printable line, without secrets and contacts."""
    return without_contacts(sanitise_for_log(": ".join(texts), secrets=secrets)) or otherwise
