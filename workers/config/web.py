"""Settings of the web face: where it listens, who may sign in, whom it believes."""

from __future__ import annotations

import ipaddress
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Any

from environs import Env
from marshmallow import ValidationError

WEB_BIND = "127.0.0.1:8002"
MIN_KEY_LENGTH = 32
OPERATOR = "operator"  # whose password WEB_PASSWORD_HASH is
SECRETS = ("WEB_SECRET_KEY", "WEB_PASSWORD_HASH")
_HASH = re.compile(r"scrypt:\d+:\d+:\d+\$[A-Za-z0-9]+\$[0-9a-f]{128}")
_HEADER = re.compile(r"[A-Za-z0-9-]+")
_FIELDS = {"name", "role", "hash"}

Network = IPv4Network | IPv6Network


class Role(StrEnum):
    """What a person may do."""

    ANALYST = "analyst"  # read
    OPERATOR = "operator"  # also act


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """Somebody who signs in with a password."""

    name: str
    role: Role
    password_hash: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSettings:
    """Settings of the web face; without users and without a trusted header it is off."""

    bind: str = WEB_BIND
    secret_key: str = field(default="", repr=False)  # signs the cookies
    users: tuple[User, ...] = ()
    trusted_header: str = ""  # has the name of a person whom a proxy has signed in
    groups_header: str = ""
    operator_groups: frozenset[str] = frozenset()
    trusted_proxies: tuple[Network, ...] = ()

    @property
    def enabled(self) -> bool:
        """Whether anybody can sign in."""
        return bool(self.users or self.trusted_header)


def read_web_settings(
    env: Env, problems: dict[str, list[str]], *, check_bind: Callable[[str], None]
) -> WebSettings:
    """Read the settings of the web face; what is wrong is added to ``problems`` by name."""
    found = WebSettings(
        bind=env.str("WEB_BIND", "", validate=check_bind) or WEB_BIND,
        secret_key=env.str("WEB_SECRET_KEY", "", validate=_long_key),
        users=_users(env, problems),
        trusted_header=env.str("WEB_TRUSTED_HEADER", "", validate=_known_header),
        groups_header=env.str("WEB_GROUPS_HEADER", "", validate=_known_header),
        operator_groups=frozenset(_listed(env.str("WEB_OPERATOR_GROUPS", ""))),
        trusted_proxies=_proxies(env, problems),
    )
    if found.enabled and not found.secret_key and "WEB_SECRET_KEY" not in problems:
        problems["WEB_SECRET_KEY"] = [
            f"Needed by the web face: at least {MIN_KEY_LENGTH} random characters, the same for "
            "all its processes."
        ]
    if found.trusted_header and found.bind.startswith("unix:"):
        problems.setdefault("WEB_TRUSTED_HEADER", []).append(
            "On a Unix socket no request has an address that could be one of WEB_TRUSTED_PROXIES: "
            f"let WEB_BIND be an address such as {WEB_BIND}."
        )
    if found.trusted_header and not found.trusted_proxies:
        problems.setdefault("WEB_TRUSTED_PROXIES", []).append(
            "Needed with WEB_TRUSTED_HEADER: the addresses of the proxies that set that header. "
            "From others anybody could send it."
        )
    return found


def _users(env: Env, problems: dict[str, list[str]]) -> tuple[User, ...]:
    users = []
    if password_hash := env.str("WEB_PASSWORD_HASH", "", validate=_known_hash):
        users.append(User(name=OPERATOR, role=Role.OPERATOR, password_hash=password_hash))
    if file := env.str("WEB_USERS_FILE", ""):
        try:
            users += _users_in(Path(file))
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            problems["WEB_USERS_FILE"] = [f"{file}: {reason}"]
    names = [user.name for user in users]
    if doubled := {name for name in names if names.count(name) > 1}:
        problems["WEB_USERS_FILE"] = [f"{file}: {min(doubled)!r} is there twice."]
    return tuple(users)


def _users_in(file: Path) -> list[User]:
    """Return the users of a file. Raises ``OSError``, or ``ValueError`` with what is wrong."""
    tables = tomllib.loads(file.read_text("utf-8"))
    if set(tables) != {"user"} or not isinstance(tables["user"], list) or not tables["user"]:
        raise ValueError("Write one table [[user]] for each person, and nothing else.")
    return [_user(table, place) for place, table in enumerate(tables["user"], 1)]


def _user(table: Mapping[str, Any], place: int) -> User:
    if set(table) != _FIELDS or not all(isinstance(value, str) for value in table.values()):
        raise ValueError(f"User {place}: write name, role and hash, each as a text.")
    if not table["name"].strip():
        raise ValueError(f"User {place} has no name.")
    if table["role"] not in list(Role):
        raise ValueError(f"User {place}: the role is {' or '.join(Role)}.")
    if not _HASH.fullmatch(table["hash"]):
        raise ValueError(f"User {place}: the hash is what cention web password prints.")
    return User(name=table["name"], role=Role(table["role"]), password_hash=table["hash"])


def _proxies(env: Env, problems: dict[str, list[str]]) -> tuple[Network, ...]:
    found = []
    for one in _listed(env.str("WEB_TRUSTED_PROXIES", "")):
        try:
            found.append(ipaddress.ip_network(one))
        except ValueError:
            problems["WEB_TRUSTED_PROXIES"] = [
                f"{one!r} is no address or network, such as 10.0.0.7 or 10.0.0.0/24."
            ]
    return tuple(found)


def _listed(text: str) -> list[str]:
    return [one for one in map(str.strip, text.split(",")) if one]


def _long_key(key: str) -> None:
    if key and len(key) < MIN_KEY_LENGTH:
        raise ValidationError(f"It has fewer than {MIN_KEY_LENGTH} characters: it may be guessed.")


def _known_hash(text: str) -> None:
    if text and not _HASH.fullmatch(text):
        raise ValidationError("Not what cention web password prints; it begins with scrypt:.")


def _known_header(name: str) -> None:
    if name and not _HEADER.fullmatch(name):
        raise ValidationError(f"{name!r} is no header such as X-Forwarded-User.")
