"""What is set, and where it came from; of a secret only that it is set."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum

from dotenv import dotenv_values

from workers.config.settings import RUN_ENV, Settings
from workers.config.settings import SECRETS as IN_FILES
from workers.config.workspaces import CLAIMS, WorkspaceSettings

GROUPS: Mapping[str, Mapping[str, str]] = {  # names with their defaults
    "servers": {"DATABASE_URL": "", "PGOPTIONS": "", "BROKER_URL": ""},
    "cention": {
        "CENTION_URL": "",
        "CENTION_WORKSPACE": "",
        "CENTION_TOKEN": "",
        **{f"CENTION_TOKEN_{claim.upper()}": "" for claim in CLAIMS},
        "CENTION_CALLBACK_SECRETS": "",
        "CENTION_ALLOW_SHORT_SECRETS": "false",
        "CENTION_ALLOW_UNSIGNED": "false",
        "CENTION_TIMEZONE": "UTC",
        "CENTION_END_OBCALL_TYPE": "c3_end_errands",
        "CENTION_WORKSPACES_FILE": "",
    },
    "limits": {
        "POLL_EVERY_S": "15",
        "FETCH_THREADS": "8",
        "DRAINS_PER_WORKSPACE": "2",
        "FETCH_TIMEOUT_S": "30",
        "LEASE_S": "300",
        "CALLBACK_MAX_BYTES": "10485760",
        "ATTACHMENT_MAX_BYTES": "33554432",
        "EXPORT_TIMEOUT_S": "600",
        "EXPORT_MAX_BYTES": "134217728",
    },
    "mirrors": {
        "LIBRARY_EVERY_S": "3600",
        "AGENT_LOGONS_EVERY_S": "600",
        "AGENT_LOGONS_FIRST_DAYS": "7",
        "EXPORTS_EVERY_S": "86400",
        "CENTION_EXPORT_PRESET": "",
    },
    "spool": {"SPOOL_DIR": "var/spool", "SPOOL_MAX_BYTES": "1073741824"},
    "retention": {
        "RETAIN_CALLBACKS_DAYS": "0",
        "RETAIN_LANDED_DAYS": "0",
        "RETAIN_BODIES_DAYS": "0",
        "RETAIN_FEEDBACK_DAYS": "0",
    },
    "surveys": {
        "SURVEY_RULES_FILE": "surveys.toml",
        "SURVEY_COUNTRY": "",
        "DIGIDESK_USER": "",
        "DIGIDESK_PASSWORD": "",
        "DIGIDESK_URL": "https://digidesk.citrustelecom.net/api/survey_requests/",
        "DIGIDESK_PER_MINUTE": "60",
        "CUSTOMER_RADAR_USER": "",
        "CUSTOMER_RADAR_PASSWORD": "",
        "CUSTOMER_RADAR_CLIENT": "",
        "CUSTOMER_RADAR_URL": "https://api.feedback.fyi",
        "CUSTOMER_RADAR_PER_MINUTE": "60",
        "CENTRACX_URL": "",
        "CENTRACX_KEY": "",
        "CENTRACX_SECRET": "",
        "CENTRACX_REPLY_IN": "body",
        "CENTRACX_PER_MINUTE": "60",
        "ALVARIA_ORG": "",
        "ALVARIA_CLIENT_ID": "",
        "ALVARIA_SECRET": "",
        "ALVARIA_API_KEY": "",
        "ALVARIA_REGION": "us",
        "ALVARIA_URL": "",
        "ALVARIA_TOKEN_URL": "",
        "ALVARIA_SCOPE": "customerexperienceapi",
        "ALVARIA_PER_MINUTE": "60",
        "SURVEY_PUBLIC_URL": "",
        "SMTP_URL": "",
        "SMTP_FROM": "",
        "SMTP_PER_MINUTE": "60",
        "SURVEY_PUSH_SECRETS": "",
        "SURVEY_FRAME_ANCESTORS": "",
    },
    "reports": {"REPORT_EVERY": "", "REPORT_TO": "", "REPORT_LANGUAGE": "en"},
    "processes": {
        "RECEIVER_BIND": "127.0.0.1:8000",
        "METRICS_BIND": "",
        "RECEIVER_URL": "",
        "LOG_LEVEL": "info",
        "ACCESS_LOG": "false",
        "OTEL_EXPORTER_OTLP_ENDPOINT": "",
        "OTEL_SERVICE_NAME": "",
        "WEB_CONCURRENCY": "2",
    },
    "web": {
        "WEB_BIND": "127.0.0.1:8002",
        "WEB_SECRET_KEY": "",
        "WEB_PASSWORD_HASH": "",
        "WEB_USERS_FILE": "",
        "WEB_TRUSTED_HEADER": "",
        "WEB_TRUSTED_PROXIES": "",
        "WEB_GROUPS_HEADER": "",
        "WEB_OPERATOR_GROUPS": "",
    },
}
# PGOPTIONS may have a password, and cannot be in a file.
SECRETS = frozenset((*IN_FILES, "PGOPTIONS"))


class Source(StrEnum):
    """Where a value came from."""

    ENVIRONMENT = "environment"
    ENVIRONMENT_OR_FILE = "environment_or_file"  # a secret; the file that NAME_FILE named
    RUN_FILE = "run_file"  # var/run.env, which make run writes
    WORKSPACES_FILE = "workspaces_file"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownSetting:
    """One setting; ``value`` is empty if it has none, or is a secret."""

    name: str
    value: str
    secret: bool = False  # it is set, and is not shown
    source: Source


def of_process(environment: Mapping[str, str] = os.environ) -> dict[str, list[ShownSetting]]:
    """Return the settings of this process by group, in the order of ``deploy/env.example``."""
    run_file = dotenv_values(RUN_ENV) if RUN_ENV.exists() else {}
    return {
        group: [_of_variable(name, default, environment, run_file) for name, default in of.items()]
        for group, of in GROUPS.items()
    }


def of_workspaces_file(settings: Settings) -> dict[str, list[ShownSetting]]:
    """Return the settings in the file of workspaces, by workspace; none if there is no file."""
    if settings.workspaces_file is None:
        return {}
    return {one.name: list(_of_workspace(one)) for one in settings.workspaces}


def _of_variable(
    name: str,
    default: str,
    environment: Mapping[str, str],
    run_file: Mapping[str, str | None],
) -> ShownSetting:
    value = environment.get(name, "")
    if not value:
        return ShownSetting(name=name, value=default, source=Source.DEFAULT)
    source = Source.ENVIRONMENT_OR_FILE if name in IN_FILES else Source.ENVIRONMENT
    if run_file.get(name) == value:
        source = Source.RUN_FILE
    return _without_secret(name, value, source, secret=name in SECRETS)


def _without_secret(name: str, value: str, source: Source, *, secret: bool) -> ShownSetting:
    """Return a setting whose value is hidden if it is a secret, or an address that may have one."""
    secret = bool(value) and (secret or ("://" in value and ("@" in value or "?" in value)))
    return ShownSetting(name=name, value="" if secret else value, secret=secret, source=source)


def _of_workspace(workspace: WorkspaceSettings) -> Iterator[ShownSetting]:
    surveys = workspace.surveys
    shown = {
        "url": workspace.cention_url,
        "timezone": workspace.timezone.key,
        "export_preset": workspace.export_preset or "",
        "report_to": ", ".join(workspace.report.to),
    }
    hidden = {
        **{f"tokens.{claim}": getattr(workspace.tokens, claim) for claim in CLAIMS},
        "callback_secrets": workspace.callback_secrets,
        **{f"surveys.{one.name}": getattr(surveys, one.name) for one in fields(surveys)},
    }
    for name, value in shown.items():
        yield _without_secret(name, value, Source.WORKSPACES_FILE, secret=False)
    for name, secret in hidden.items():
        yield ShownSetting(name=name, value="", secret=bool(secret), source=Source.WORKSPACES_FILE)
