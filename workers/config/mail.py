"""The mail server of one workspace, which carries links to surveys."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from email.utils import parseaddr
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

import idna

from workers.config.secure_urls import ENCODE, is_loopback

PORTS = {"smtp": 587, "smtps": 465}
PER_MINUTE = 60
MAX_PER_MINUTE = 100_000
TEXTS = ("smtp_url", "smtp_from")
NUMBERS = ("smtp_per_minute",)
SECRETS = ("smtp_url",)
_HOST = re.compile(r"[A-Za-z0-9._:-]+")
_LOCAL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpAccount:
    """An account at a mail server, and whom its mails are from."""

    host: str
    port: int
    tls_first: bool = False  # encrypted from its first byte; else by STARTTLS
    user: str | None = field(repr=False)  # None: it asks for no log-in
    password: str | None = field(repr=False)
    sender: str  # an address
    sender_name: str
    per_minute: int = PER_MINUTE  # mails at most

    @property
    def is_loopback(self) -> bool:
        """Whether the server is on this machine, so that nothing need be encrypted."""
        return is_loopback(self.host)


def faults_of(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with the settings, by their names, without quoting a secret."""
    url, sender = values.get("smtp_url", ""), values.get("smtp_from", "")
    for key, other in (("smtp_url", sender), ("smtp_from", url)):
        if other and not values.get(key):
            yield key, "Missing, though others of mail are set."
    if url and (fault := _fault_of_url(url)):
        yield "smtp_url", fault
    if sender and _sender_of(sender) is None:
        yield "smtp_from", "Not an address such as Nordkust <surveys@example.com>."
    if not 1 <= values.get("smtp_per_minute", PER_MINUTE) <= MAX_PER_MINUTE:
        yield "smtp_per_minute", f"Must be from 1 to {MAX_PER_MINUTE}."


def read_account(values: Mapping[str, Any]) -> SmtpAccount | None:
    """Return the account of settings without faults; ``None`` if there is none."""
    url, sender = values.get("smtp_url"), _sender_of(values.get("smtp_from", ""))
    if not url or sender is None:
        return None
    parts = urlsplit(url)
    name, address = sender
    return SmtpAccount(
        host=parts.hostname or "",
        port=parts.port or PORTS[parts.scheme],
        tls_first=parts.scheme == "smtps",
        user=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
        sender=address,
        sender_name=name,
        per_minute=values.get("smtp_per_minute", PER_MINUTE),
    )


def _fault_of_url(url: str) -> str | None:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in PORTS and _HOST.fullmatch(parts.hostname or "") is not None
        usable = usable and parts.port != 0 and not _has_more(parts)
    except ValueError:
        usable = False
    if not usable:
        return f"Not a URL such as smtp://user:password@mail.example.com:587. {ENCODE}"
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if bool(user) != bool(password):
        return "Must have a user and a password, or neither."
    if not all(text.isascii() and text.isprintable() for text in (user, password)):
        return "User and password must consist of printable ASCII characters."
    return None


def _has_more(parts: SplitResult) -> bool:
    return bool(parts.path.strip("/") or parts.query or parts.fragment)


def _sender_of(text: str) -> tuple[str, str] | None:
    """Return name and address of ``Name <address>``; ``None`` if it is not one."""
    name, address = parseaddr(text)
    local, _, domain = address.rpartition("@")
    if not (text.isprintable() and _LOCAL.fullmatch(local) and "." in domain):
        return None
    try:
        return name, f"{local}@{idna.encode(domain, uts46=True).decode()}"
    except (idna.IDNAError, UnicodeError):
        return None
