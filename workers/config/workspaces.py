"""One Cention workspace: its address, clock, tokens and callback secrets, as they are set."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from environs import Env

Problems = dict[str, list[str]]


class SettingsError(ValueError):
    """Settings are missing or wrong; ``problems`` names every one of them."""

    def __init__(self, problems: Mapping[str, list[str]]) -> None:
        lines = [f"{name}: {' '.join(said)}" for name, said in sorted(problems.items())]
        super().__init__("\n".join(lines))
        self.problems = dict(problems)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """Bearer tokens by claim; ``None`` switches off what needs that claim."""

    errand_data: str | None = field(repr=False)
    attachments: str | None = field(repr=False)
    create_errand: str | None = field(repr=False)
    contacts: str | None = field(repr=False)
    library: str | None = field(repr=False)
    export: str | None = field(repr=False)
    logio: str | None = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkspaceSettings:
    """One Cention workspace."""

    name: str  # in our keys and routes
    cention_url: str  # https://<domain>/s/<workspace>, without a slash at the end
    timezone: ZoneInfo  # of the zone-less dates in reports
    tokens: Tokens
    callback_secrets: tuple[str, ...] = field(repr=False)  # all valid at once
    export_preset: str | None = None  # id of the export that runs on a schedule; none: no schedule


CLAIMS = tuple(f.name for f in fields(Tokens))


def from_environment(env: Env, problems: Problems) -> tuple[WorkspaceSettings, ...]:
    """Read the one workspace that variables describe; note in ``problems`` what is wrong."""
    told: dict[str, Any] = {
        "url": env.str("CENTION_URL"),
        "timezone": env.str("CENTION_TIMEZONE", "UTC"),
        "token": env.str("CENTION_TOKEN", ""),
        "export_preset": env.str("CENTION_EXPORT_PRESET", ""),
        "tokens": {claim: env.str(f"CENTION_TOKEN_{claim.upper()}", "") for claim in CLAIMS},
        "callback_secrets": [
            secret.strip()
            for secret in env.str("CENTION_CALLBACK_SECRETS", "").split(",")
            if secret.strip()
        ],
    }
    if not told["url"]:
        return ()
    name = env.str("CENTION_WORKSPACE", "") or _last_segment(told["url"])
    names = {"url": "CENTION_URL", "timezone": "CENTION_TIMEZONE", "name": "CENTION_WORKSPACE"}
    workspace = _workspace(name, told, problems, names)
    return (workspace,) if workspace else ()


def from_file(path: Path, problems: Problems) -> tuple[WorkspaceSettings, ...]:
    """Read a TOML file with one table per workspace; note in ``problems`` what is wrong."""
    try:
        tables = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        # The text of a TOML error may quote the line, and the line may hold a token.
        said = error.strerror if isinstance(error, OSError) else "not a TOML file"
        problems["CENTION_WORKSPACES_FILE"] = [f"{said}."]
        return ()
    if not tables:
        problems["CENTION_WORKSPACES_FILE"] = ["No workspace in it."]
    found = []
    for name, table in tables.items():
        place = f"CENTION_WORKSPACES_FILE [{name}]"
        if not isinstance(table, dict):
            problems[place] = ["Not a table."]
            continue
        names = {key: f"{place} {key}" for key in ("url", "timezone", "name")}
        found.append(_workspace(name, _told(table, place, problems), problems, names))
    return tuple(workspace for workspace in found if workspace)


def _told(table: dict[str, Any], place: str, problems: Problems) -> dict[str, Any]:
    known = {
        "url": str,
        "timezone": str,
        "token": str,
        "tokens": dict,
        "callback_secrets": list,
        "export_preset": str,
    }
    for key, value in table.items():
        if key not in known:
            problems[f"{place} {key}"] = ["Unknown setting."]
        elif not isinstance(value, known[key]):
            problems[f"{place} {key}"] = [f"Must be a {known[key].__name__}."]
    good = {k: v for k, v in table.items() if k in known and isinstance(v, known[k])}
    for claim in set(good.get("tokens", {})) - set(CLAIMS):
        problems[f"{place} tokens.{claim}"] = ["Unknown claim."]
    if not all(isinstance(s, str) and s for s in good.get("callback_secrets", ())):
        problems[f"{place} callback_secrets"] = ["Must be a list of non-empty strings."]
        good["callback_secrets"] = []
    return good


def _workspace(
    name: str, told: Mapping[str, Any], problems: Problems, names: Mapping[str, str]
) -> WorkspaceSettings | None:
    zone = _zone(told.get("timezone", "UTC"))
    if zone is None:
        problems[names["timezone"]] = ["Not an IANA time zone, such as Europe/Stockholm."]
    url = str(told.get("url", "")).rstrip("/")
    if fault := _fault_of_url(url):
        problems[names["url"]] = [fault]
    elif not name:
        problems[names["name"]] = ["No workspace name: the URL must end in /s/<workspace>."]
    elif zone is not None:
        return WorkspaceSettings(
            name=name,
            cention_url=url,
            timezone=zone,
            tokens=_tokens(told),
            callback_secrets=tuple(told.get("callback_secrets", ())),
            export_preset=told.get("export_preset") or None,
        )
    return None


def _tokens(told: Mapping[str, Any]) -> Tokens:
    default = told.get("token") or None
    special = told.get("tokens", {})
    return Tokens(**{claim: special.get(claim) or default for claim in CLAIMS})


def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def _fault_of_url(url: str) -> str | None:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        return "Not a URL such as https://api.cention.com/s/demo."
    if parts.query or parts.fragment or parts.username or parts.password:
        return "Must not carry a user, a password, a query or a fragment."
    return None


def _last_segment(url: str) -> str:
    return unquote(urlsplit(url).path.rstrip("/").rpartition("/")[2])
