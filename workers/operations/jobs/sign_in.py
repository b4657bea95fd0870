"""Checks a name and a password, a few times a minute for each address."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

from workers.config.web import User
from workers.database import Transaction
from workers.operations.rules import passwords
from workers.operations.store import operator_actions, sign_in_attempts

ATTEMPTS_A_MINUTE = 5
SIGN_IN = "sign_in"
_IPV6_NETWORK = 64  # bits: one customer of a provider has as many addresses


class TooManyAttempts(Exception):
    """The address has tried too often in the last minute; this attempt was not checked."""


def sign_in(
    session: Transaction, users: Iterable[User], *, name: str, password: str, address: str
) -> User | None:
    """Return who has signed in, or ``None`` for a wrong name or password.

    Raises ``TooManyAttempts``. An attempt is counted, for all processes, before it is checked.
    ``session`` yields connections in autocommit mode; none is held while a password is checked.
    """
    origin = _origin(address)
    with session() as conn:
        attempt = sign_in_attempts.begin(conn, origin)
        if sign_in_attempts.recent(conn, origin) > ATTEMPTS_A_MINUTE:
            sign_in_attempts.forget(conn, attempt)
            raise TooManyAttempts
    user = next((one for one in users if one.name == name), None)
    if not passwords.matches(password, user.password_hash if user else None) or user is None:
        return None
    with session() as conn, conn.transaction():
        sign_in_attempts.forget(conn, attempt)
        operator_actions.record(conn, user.name, SIGN_IN, "done")
    return user


def _origin(address: str) -> str:
    """Return what is counted: an address, of IPv6 its network."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address  # such as nothing, on a Unix socket
    mapped = found.ipv4_mapped if found.version == 6 else found
    if mapped is not None:
        return str(mapped)
    return str(ipaddress.ip_network((found, _IPV6_NETWORK), strict=False))
