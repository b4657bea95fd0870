"""``var/run.env``: the addresses of a run, for commands in other shells."""

from __future__ import annotations

import hashlib
import re
import shlex
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from urllib.parse import urlsplit

from deploy.run.plan import SANDBOX_SETTINGS, Plan, sandbox_secrets

MARKS = "CENTION_RUN_ENV"  # the variables that the file sets
# Where commands look for the spool and the metrics of the run.
PLACES = ("SPOOL_DIR", "METRICS_BIND")


def write_run_env(path: Path, plan: Plan) -> None:
    """Write a file that a shell can source. URLs with a password are left out.

    Such a URL was set in the environment; no password, token or secret is written to a file, but
    the public password of the sandbox's survey vendors.
    """
    plain = _settings(plan) | _places(plan) | _survey_vendors(plan)
    lines = [f"{name}={quoted(value)}\n" for name, value in plain.items()]
    for name, url in addresses(plan).items():
        line = f"{name}={quoted(url)}"
        if has_secret(url):
            line = f"# {name} contains a password: set it as you set it for make run"
        lines.append(line + "\n")
    shown = {name: url for name, url in addresses(plan).items() if not has_secret(url)}
    lines.append(f"{MARKS}={quoted(marks(plain | shown))}\n")
    draft = path.with_suffix(".new")
    draft.write_text("".join(lines), encoding="utf-8")
    draft.rename(path)


def marks(variables: Mapping[str, str]) -> str:
    """Return ``name=mark`` for each variable; the mark depends on the value, and hides it."""
    return " ".join(f"{name}={_mark(value)}" for name, value in variables.items())


def forget_earlier_run(environment: MutableMapping[str, str]) -> None:
    """Remove what a shell has from the ``run.env`` of an earlier run, and keep what was set anew.

    Otherwise a run would take the embedded servers of the earlier one for those of the user.
    """
    for word in environment.pop(MARKS, "").split():
        name, _, mark = word.partition("=")
        if name in environment and _mark(environment[name]) == mark:
            del environment[name]


def _mark(value: str) -> str:
    return hashlib.sha256(value.encode("utf-8", "surrogateescape")).hexdigest()[:12]


def addresses(plan: Plan) -> dict[str, str]:
    found = {
        "DATABASE_URL": plan.database_url,
        "BROKER_URL": plan.broker_url,
        "RECEIVER_URL": plan.receiver.url,
        "CENTION_URL": plan.cention_url,
    }
    return {name: url for name, url in found.items() if url is not None}


def _settings(plan: Plan) -> dict[str, str]:
    """Return the settings for the sandbox, so that commands judge by them too."""
    return {name: value for name, value in plan.variables().items() if name in SANDBOX_SETTINGS}


def _places(plan: Plan) -> dict[str, str]:
    known = dict(plan.given) | plan.variables()
    return {name: known[name] for name in PLACES if name in known}


def _survey_vendors(plan: Plan) -> dict[str, str]:
    """Return the accounts at the sandbox's vendors, unless their password was chosen."""
    if plan.sandbox is None or "SANDBOX_SURVEY_PASSWORD" in plan.given:
        return {}
    return plan.survey_vendors()


def shell_setup(plan: Plan) -> str:
    """Return the commands that set up a shell for this run.

    The sandbox's default token and secret are public, and included; others are not.
    """
    commands = ["set -a; . var/run.env; set +a"]
    if plan.sandbox and sandbox_secrets(plan.given) == sandbox_secrets({}):
        known = [f"{n}={v}" for n, v in sandbox_secrets({}).items() if n.startswith("CENTION_")]
        commands.append(f"export {' '.join(known)}")
    return "; ".join(commands)


def quoted(value: str) -> str:
    """Quote ``value`` for a shell assignment, in which ``?`` and ``=`` need no quotes."""
    plain = value.replace("?", "").replace("=", "")
    return value if shlex.quote(plain) == plain else shlex.quote(value)


def has_secret(url: str) -> bool:
    """Return whether a URL, or libpq's ``key=value`` text, contains or may contain a password."""
    if re.search(r"password\s*=", url, re.IGNORECASE):
        return True
    try:
        return urlsplit(url).password is not None
    except ValueError:
        return True
