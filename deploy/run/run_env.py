"""``var/run.env``: where everything is, for the shells and commands beside a run."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from urllib.parse import urlsplit

from deploy.run.plan import Plan, sandbox_secrets


def write_run_env(path: Path, plan: Plan) -> None:
    """Write what a shell can source. A URL that holds a password is left out.

    Such a URL was given in the environment, and a password is written nowhere. What the sandbox
    demands unless told otherwise guards nothing, so commands find it here.
    """
    lines = []
    for name, url in addresses(plan).items():
        line = f"{name}={quoted(url)}"
        if has_secret(url):
            line = f"# {name} holds a password: take it from where you set it"
        lines.append(line + "\n")
    lines += [f"{name}={value}\n" for name, value in well_known(plan).items()]
    draft = path.with_suffix(".new")
    draft.write_text("".join(lines), encoding="utf-8")
    draft.rename(path)


def addresses(plan: Plan) -> dict[str, str]:
    found = {
        "DATABASE_URL": plan.database_url,
        "BROKER_URL": plan.broker_url,
        "RECEIVER_URL": plan.receiver.url,
        "CENTION_URL": plan.cention_url,
    }
    return {name: url for name, url in found.items() if url is not None}


def well_known(plan: Plan) -> dict[str, str]:
    """Return what the sandbox demands and nobody chose."""
    if plan.sandbox is None:
        return {}
    chosen = sandbox_secrets(plan.given)
    return {
        name: value
        for name, value in sandbox_secrets({}).items()
        if name.startswith("CENTION_") and chosen[name] == value
    }


def quoted(value: str) -> str:
    """Quote for a shell, but not for a question mark alone, which an assignment leaves as it is."""
    plain = value.replace("?", "").replace("=", "")
    return value if shlex.quote(plain) == plain else shlex.quote(value)


def has_secret(url: str) -> bool:
    """Tell whether a URL or libpq's ``key=value`` text holds a password, or may do so."""
    if re.search(r"password\s*=", url, re.IGNORECASE):
        return True
    try:
        return urlsplit(url).password is not None
    except ValueError:
        return True
