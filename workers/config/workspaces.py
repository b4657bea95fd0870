"""Settings of one Cention workspace: address, time zone, tokens and callback secrets."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from environs import Env
from marshmallow import validate as check

from schemas.text.printable import escape
from schemas.text.toml_lines import line_at, line_index, line_of_error
from workers.config import reports, secret_files, survey_vendors
from workers.config.reports import ReportSettings
from workers.config.secret_files import Problems
from workers.config.survey_vendors import TOML_WORDS, SurveyVendors


class SettingsError(ValueError):
    """Settings are missing or wrong; ``problems`` names every one of them."""

    def __init__(self, problems: Problems) -> None:
        problems = secret_files.without_consequences(problems)
        self.lines = [
            escape(f"{name}: {' '.join(texts)}") for name, texts in sorted(problems.items())
        ]
        super().__init__("\n".join(self.lines))
        self.problems = problems


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """Bearer tokens by claim; ``None`` disables what needs that claim."""

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

    name: str  # used in keys and routes
    cention_url: str  # https://<domain>/s/<workspace>, without a slash at the end
    timezone: ZoneInfo  # of dates without a zone in reports
    tokens: Tokens
    callback_secrets: tuple[str, ...] = field(repr=False)  # all valid at once
    export_preset: str | None = None  # Cention's id of the export that runs on a schedule, if any
    surveys: SurveyVendors = field(default_factory=SurveyVendors)
    report: ReportSettings = field(default_factory=ReportSettings)

    @property
    def address(self) -> str:
        """Host and path of the URL, by which the database knows whose rows it has."""
        parts = urlsplit(self.cention_url)
        return f"{parts.hostname}{unquote(parts.path).rstrip('/')}"


_NAME = re.compile(r"(?!\.{1,2}\Z)[^\s/?#%\\\x00-\x1f\x7f]{1,100}")
FILE = "CENTION_WORKSPACES_FILE"
_PLACE = re.compile(rf"{FILE} \[(?P<table>.*)\](?: (?P<key>.+))?", re.DOTALL)
CLAIMS = tuple(f.name for f in fields(Tokens))
SECRETS = (
    *("CENTION_TOKEN", *(f"CENTION_TOKEN_{claim.upper()}" for claim in CLAIMS)),
    "CENTION_CALLBACK_SECRETS",
    *(key.upper() for key in survey_vendors.SECRETS),
)


def from_environment(env: Env, problems: Problems) -> tuple[WorkspaceSettings, ...]:
    """Read the one workspace that variables describe; add mistakes to ``problems``."""
    values: dict[str, Any] = {
        "url": env.str("CENTION_URL", validate=check.Length(min=1, error="It is empty.")),
        "timezone": env.str("CENTION_TIMEZONE", "UTC"),
        "token": env.str("CENTION_TOKEN", ""),
        "export_preset": env.str("CENTION_EXPORT_PRESET", ""),
        "tokens": {claim: env.str(f"CENTION_TOKEN_{claim.upper()}", "") for claim in CLAIMS},
        "callback_secrets": _split(env.str("CENTION_CALLBACK_SECRETS", "")),
        "surveys": survey_vendors.values_from_environment(env),
        **reports.values_from_environment(env),
    }
    if not values["url"]:
        return ()
    name = env.str("CENTION_WORKSPACE", "") or _last_segment(values["url"])
    names = {"url": "CENTION_URL", "timezone": "CENTION_TIMEZONE", "name": "CENTION_WORKSPACE"}
    names |= {key: key.upper() for key in (*values["surveys"], *reports.TEXTS)}
    workspace = _workspace(name, values, problems, names)
    return (workspace,) if workspace else ()


def from_file(path: Path, problems: Problems) -> tuple[WorkspaceSettings, ...]:
    """Read a TOML file with one table per workspace; add mistakes to ``problems``."""
    try:
        content = path.read_bytes()
        text = content.decode("utf-8-sig")
        tables = tomllib.loads(text)
    except OSError as error:
        problems[FILE] = [f"{error.strerror}."]
        return ()
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        problems[FILE] = [f"Line {line}: not in UTF-8."]
        return ()
    except tomllib.TOMLDecodeError as error:
        # Its text may quote a token.
        line = line_of_error(error) or text.count("\n") + 1
        problems[FILE] = [f"Line {line}: not TOML. A text is in quotes, and a name stands once."]
        return ()
    if not tables:
        problems[FILE] = ["No workspace in it."]
    workspaces = []
    for name, table in tables.items():
        location = f"{FILE} [{name}]"
        if not isinstance(table, dict):
            problems[location] = ["Not a table."]
            continue
        names = {key: f"{location} {key}" for key in ("url", "timezone", "name", *reports.TEXTS)}
        names |= {
            key: f"{location} surveys {key}"
            for key in (*survey_vendors.TEXTS, *survey_vendors.NUMBERS)
        }
        values = _known_values(table, location, problems)
        workspaces.append(_workspace(name, values, problems, names))
    return tuple(workspace for workspace in workspaces if workspace)


def with_lines(problems: Problems, path: Path) -> Problems:
    """Return the problems; those of a file of workspaces that is TOML end with their line."""
    try:
        text = path.read_text("utf-8-sig")
        tomllib.loads(text)
    except (OSError, ValueError):
        return problems
    lines = line_index(text)
    return {
        name: [f"{' '.join(texts)} (line {line_at(lines, _path_of(found))})"]
        if (found := _PLACE.fullmatch(name))
        else texts
        for name, texts in problems.items()
    }


def _path_of(place: re.Match[str]) -> tuple[str, ...]:
    return (place["table"], *re.split("[ .]", place["key"] or ""))


def _with_secrets(table: dict[str, Any], location: str, problems: Problems) -> dict[str, Any]:
    """Return the table with the contents of the files that it names."""
    names = ("token", "callback_secrets")
    found = secret_files.values_from_files(table, f"{location} ", names, problems)
    if "callback_secrets" in found and "callback_secrets" not in table:
        found["callback_secrets"] = _split(found["callback_secrets"])
    if isinstance(tokens := found.get("tokens"), dict):
        found["tokens"] = secret_files.values_from_files(
            tokens, f"{location} tokens.", CLAIMS, problems
        )
    return found


def _split(secrets: str) -> list[str]:
    return [secret for secret in map(str.strip, secrets.split(",")) if secret]


def _known_values(table: dict[str, Any], location: str, problems: Problems) -> dict[str, Any]:
    known = {
        "url": str,
        "timezone": str,
        "token": str,
        "tokens": dict,
        "callback_secrets": list,
        "export_preset": str,
        "surveys": dict,
        **dict.fromkeys(reports.TEXTS, str),
    }
    given = _with_secrets(table, location, problems)
    for key, value in given.items():
        if key not in known:
            problems[f"{location} {key}"] = ["Unknown setting."]
        elif not isinstance(value, known[key]):
            problems[f"{location} {key}"] = [f"Must be {TOML_WORDS[known[key]]}."]
    good = {k: v for k, v in given.items() if k in known and isinstance(v, known[k])}
    for claim in set(good.get("tokens", {})) - set(CLAIMS):
        problems[f"{location} tokens.{claim}"] = ["Unknown claim."]
    if "surveys" in good:
        good["surveys"] = survey_vendors.values_from_table(
            good["surveys"], f"{location} surveys", problems
        )
    if not all(isinstance(s, str) and s for s in good.get("callback_secrets", ())):
        problems[f"{location} callback_secrets"] = ["Must be a list of non-empty strings."]
        good["callback_secrets"] = []
    return good


def _workspace(
    name: str, values: Mapping[str, Any], problems: Problems, names: Mapping[str, str]
) -> WorkspaceSettings | None:
    zone = _zone(values.get("timezone", "UTC"))
    if zone is None:
        problems[names["timezone"]] = ["Not an IANA time zone, such as Europe/Stockholm."]
    surveys = survey_vendors.read_vendors(values.get("surveys", {}), names, problems)
    with_mail = {**values, "smtp_url": values.get("surveys", {}).get("smtp_url")}
    wrong_report = dict(reports.faults_of(with_mail))
    problems |= {names[key]: [fault] for key, fault in wrong_report.items()}
    url = str(values.get("url", "")).rstrip("/")
    if fault := _fault_of_url(url):
        problems[names["url"]] = [fault]
    elif not name:
        problems[names["name"]] = ["No workspace name: the URL must end in /s/<workspace>."]
    elif not _NAME.fullmatch(name):
        problems[names["name"]] = [
            "Must have letters, digits and signs, but no space and none of / ? # % \\, because it "
            "stands in URLs; at most 100 characters."
        ]
    elif zone is not None and not wrong_report:
        return WorkspaceSettings(
            name=name,
            cention_url=url,
            timezone=zone,
            tokens=_tokens(values),
            callback_secrets=tuple(values.get("callback_secrets", ())),
            export_preset=values.get("export_preset") or None,
            surveys=surveys,
            report=reports.read_report(values),
        )
    return None


def _tokens(values: Mapping[str, Any]) -> Tokens:
    default = values.get("token") or None
    by_claim = values.get("tokens", {})
    return Tokens(**{claim: by_claim.get(claim) or default for claim in CLAIMS})


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
