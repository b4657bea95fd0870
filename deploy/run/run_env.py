"""``var/run.env``: where everything is, for the shells and commands beside a run."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from urllib.parse import urlsplit

from deploy.run.plan import SANDBOX_PACE, Plan, sandbox_secrets


def write_run_env(path: Path, plan: Plan) -> None:
    """Write what a shell can source. A URL that holds a password is left out.

    Such a URL was given in the environment, and no password, token or secret is written anywhere.
    """
    lines = [f"{name}={quoted(value)}\n" for name, value in _pace(plan).items()]
    for name, url in addresses(plan).items():
        line = f"{name}={quoted(url)}"
        if has_secret(url):
            line = f"# {name} holds a password: take it from where you set it"
        lines.append(line + "\n")
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


def _pace(plan: Plan) -> dict[str, str]:
    """Return how often things are renewed on the sandbox: commands beside are to tell so too."""
    return {name: value for name, value in plan.variables().items() if name in SANDBOX_PACE}


def beside(plan: Plan) -> str:
    """Return what a shell types to have everything; what the sandbox demands guards nothing."""
    commands = ["set -a; . var/run.env; set +a"]
    if plan.sandbox and sandbox_secrets(plan.given) == sandbox_secrets({}):
        known = [f"{n}={v}" for n, v in sandbox_secrets({}).items() if n.startswith("CENTION_")]
        commands.append(f"export {' '.join(known)}")
    return "; ".join(commands)


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
