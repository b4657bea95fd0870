"""Passwords and keys of a run, in files that only their owner can read."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def password_in(file: Path, *, length_bytes: int = 18) -> str:
    """Return the password in ``file``; if there is none, a new one, which it then has.

    Only the owner can read the file. Raises ``OSError``.
    """
    try:
        return file.read_text("ascii").strip()
    except FileNotFoundError:
        password = secrets.token_urlsafe(length_bytes)
        write_secret(file, password)
        return password


def write_secret(file: Path, secret: str) -> None:
    """Write a file that only the owner can read, whole or not at all. Raises ``OSError``."""
    draft = file.with_name(f"{file.name}.new")
    draft.unlink(missing_ok=True)
    opened = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(opened, "w", encoding="ascii") as written:
        written.write(secret + "\n")
    draft.rename(file)
