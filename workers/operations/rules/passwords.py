"""Passwords of the web face: kept as scrypt hashes only."""

from __future__ import annotations

from functools import cache
from threading import Lock

from werkzeug.security import check_password_hash, generate_password_hash

# 32 MiB and about 0.2 s of CPU for each; OWASP's advice for scrypt with as much memory.
METHOD = "scrypt:32768:8:3"
MIN_LENGTH = 12  # characters
MAX_LENGTH = 1000  # hashing longer ones would only cost time
_one_at_a_time = Lock()  # of a process: each takes that memory


class WeakPassword(ValueError):
    """The password may be guessed."""


def hash_of(password: str) -> str:
    """Return the hash of a password, with its method and salt. Raises ``WeakPassword``."""
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        raise WeakPassword(f"A password has {MIN_LENGTH} to {MAX_LENGTH} characters.")
    return generate_password_hash(password, METHOD)


def matches(password: str, password_hash: str | None) -> bool:
    """Return whether a password is that of a hash; ``None``: of nobody, which takes as long."""
    known = password_hash or _nobodys()
    with _one_at_a_time:
        right = check_password_hash(known, password[: MAX_LENGTH + 1])
    return right and password_hash is not None


@cache
def _nobodys() -> str:
    return generate_password_hash("nobody", METHOD)
