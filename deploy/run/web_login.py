"""Who may sign in to the web face of a run: its operator, with a password in a file."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from deploy.run.plan import Plan
from deploy.run.ports import WEB_PORT
from deploy.run.run_secrets import password_in, write_secret
from workers.operations.rules import passwords


def variables(plan: Plan) -> dict[str, str]:
    """Return the settings that the environment lacks, from files that only the owner can read.

    Files that are missing are made. Raises ``OSError``.
    """
    found = {}
    if plan.web_password:
        found["WEB_PASSWORD_HASH"] = _hash_in(
            plan.web_password.with_name("web.hash"), password_in(plan.web_password)
        )
    if plan.web_key:
        found["WEB_SECRET_KEY"] = password_in(plan.web_key, length_bytes=32)
    return found


def _hash_in(file: Path, password: str) -> str:
    """Return the hash in ``file`` if it is that of the password, else a new one, which it then has.

    With another hash, all sessions would end.
    """
    with suppress(FileNotFoundError, ValueError):
        kept = file.read_text("ascii").strip()
        if passwords.matches(password, kept):
            return kept
    made = passwords.hash_of(password)
    write_secret(file, made)
    return made


def description(plan: Plan) -> str:
    """Return where the web face is and how to sign in."""
    address = plan.web.url if plan.web else plan.given["WEB_BIND"]
    asked = plan.given.get("WEB_BIND", f"127.0.0.1:{WEB_PORT}")
    moved = f" ({asked} is in use)" if plan.web and plan.web.bind != asked else ""
    if plan.web_password is None:
        return f"{address}{moved}"
    return f"{address}{moved}, as operator, password in {plan.web_password}"
