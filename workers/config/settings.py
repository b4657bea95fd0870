"""Settings: read once from the environment, then passed around as a frozen value."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from environs import Env
from environs import validate as check
from environs.exceptions import EnvValidationError
from marshmallow import ValidationError
from phonenumbers import SUPPORTED_REGIONS

from schemas.cention.errands import END_CALL_TYPES
from workers.config import secret_files
from workers.config.limits import CALLBACK_MAX_BYTES, MIN_SECRET_LENGTH
from workers.config.names import LOG_LEVELS, Mirror
from workers.config.secure_urls import fault_of_secure_url
from workers.config.web import SECRETS as WEB_SECRETS
from workers.config.web import WebSettings, read_web_settings
from workers.config.workspaces import SECRETS as WORKSPACE_SECRETS
from workers.config.workspaces import (
    SettingsError,
    WorkspaceSettings,
    from_environment,
    from_file,
    with_lines,
)

# Each may be in a file that NAME_FILE names.
SECRETS = ("DATABASE_URL", "BROKER_URL", "SURVEY_PUSH_SECRETS", *WORKSPACE_SECRETS, *WEB_SECRETS)
RUN_ENV = Path("var/run.env")  # written by `make run`; commands in its folder find its servers
SPOOL_DIR = "var/spool"  # below the working directory
RECEIVER_BIND = "127.0.0.1:8000"
HIGHEST_PORT = 65_535
SURVEY_RULES_FILE = "surveys.toml"  # in the working directory
_BIND = re.compile(r"unix:.+|(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+|):(?P<port>[0-9]{1,5})")
_INHERITED_SOCKET = re.compile(r"fd://[0-9]+")  # such as systemd's
_SITE = re.compile(r"https://(\*\.)?[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*(:[0-9]{1,5})?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """Days after which contents are deleted, by class; 0: never."""

    callbacks_days: int = 0  # documents of callbacks that were filed
    landed_days: int = 0  # documents that were parsed into rows
    bodies_days: int = 0  # bodies of errands and answers, contents of attachments
    feedback_days: int = 0  # contacts, comments and contexts of surveys

    @property
    def survey_texts_days(self) -> int:
        """Days for comments and contexts of surveys, which are bodies as well as feedback."""
        return min(filter(None, (self.bodies_days, self.feedback_days)), default=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All settings, from the environment and the workspaces file."""

    database_url: str = field(repr=False)
    broker_url: str = field(repr=False)
    workspaces: tuple[WorkspaceSettings, ...]
    allow_unsigned: bool
    poll_every_s: int
    fetch_threads: int  # per drain
    drains_per_workspace: int  # at the same time, per family
    fetch_timeout_s: int
    lease_s: int
    attachment_max_bytes: int
    spool_dir: Path  # where the receiver stores callbacks while Postgres is down
    spool_max_bytes: int
    callback_max_bytes: int = CALLBACK_MAX_BYTES
    receiver_url: str = ""  # address of the receiver; empty if not set
    receiver_bind: str = RECEIVER_BIND  # where it listens
    metrics_bind: str = ""  # where it serves metrics and details of health; empty: there too
    retention: Retention = Retention()
    export_timeout_s: int = 600
    export_max_bytes: int = 128 * 1024 * 1024
    mirror_every_s: Mapping[Mirror, int] = field(default_factory=dict)  # none or 0: never
    agent_logons_first_days: int = 7  # how far back the first refresh goes
    end_call_type: str = END_CALL_TYPES[0]  # data.type of the end of a call
    survey_rules_file: Path = Path(SURVEY_RULES_FILE)
    survey_country: str | None = None  # of telephone numbers without a prefix
    survey_push_secrets: tuple[str, ...] = field(default=(), repr=False)  # all valid at once
    survey_frame_ancestors: tuple[str, ...] = ()  # sites that may show survey pages in a frame
    survey_public_url: str | None = None  # where customers find the pages of the receiver
    workspaces_file: Path | None = None  # it holds tokens; None: the workspace is in variables
    web: WebSettings = field(default_factory=WebSettings)

    def workspace(self, name: str) -> WorkspaceSettings | None:
        """Return the workspace of this name, if it is configured."""
        return next((w for w in self.workspaces if w.name == name), None)


class MissingCallbackSecret(ValueError):
    """A workspace has no callback secret, and the settings do not allow that."""


def load_settings() -> Settings:
    """Read the settings from the variables of this process.

    A variable NAME_FILE becomes NAME, with what is in the file. Raises ``SettingsError`` with every
    missing or wrong variable.
    """
    problems = secret_files.set_from_files(os.environ, SECRETS)
    if RUN_ENV.exists():
        Env.read_env(str(RUN_ENV), override=False)
    env = Env(eager=False)
    numbers = _numbers(env)
    end_call_type = _end_call_type(env)
    retention = _retention(env)
    mirror_every_s = _mirror_every_s(env)
    database_url = env.str("DATABASE_URL")
    broker_url = env.str("BROKER_URL")
    spool_dir = Path(env.str("SPOOL_DIR", "") or SPOOL_DIR)
    allow_unsigned = env.bool("CENTION_ALLOW_UNSIGNED", False)
    receiver_url = env.str("RECEIVER_URL", "")
    receiver_bind = env.str("RECEIVER_BIND", "", validate=_known_binds) or RECEIVER_BIND
    metrics_bind = env.str("METRICS_BIND", "", validate=_known_bind)
    survey_rules_file = Path(env.str("SURVEY_RULES_FILE", "") or SURVEY_RULES_FILE)
    survey_country = _survey_country(env)
    survey_push_secrets = _survey_push_secrets(env)
    survey_frame_ancestors = _survey_frame_ancestors(env)
    survey_public_url = env.str("SURVEY_PUBLIC_URL", "", validate=_secure_url).rstrip("/") or None
    _check_others(env)
    file = env.str("CENTION_WORKSPACES_FILE", "")
    web = read_web_settings(env, problems, check_bind=_known_bind)
    workspaces = from_file(Path(file), problems) if file else from_environment(env, problems)
    if not env.bool("CENTION_ALLOW_SHORT_SECRETS", False):
        problems |= _short_secrets(workspaces, survey_push_secrets, from_file=bool(file))
    try:
        env.seal()  # type: ignore[no-untyped-call]
    except EnvValidationError as error:
        messages = cast(Mapping[str, list[str]], error.error_messages)
        problems |= {name: list(texts) for name, texts in messages.items()}
    if problems:
        raise SettingsError(with_lines(problems, Path(file)) if file else problems)
    return Settings(
        database_url=database_url,
        broker_url=broker_url,
        workspaces=workspaces,
        allow_unsigned=allow_unsigned,
        spool_dir=spool_dir.absolute(),
        receiver_url=receiver_url,
        receiver_bind=receiver_bind,
        metrics_bind=metrics_bind,
        retention=retention,
        mirror_every_s=mirror_every_s,
        end_call_type=end_call_type,
        survey_rules_file=survey_rules_file,
        survey_country=survey_country,
        survey_push_secrets=survey_push_secrets,
        survey_frame_ancestors=survey_frame_ancestors,
        survey_public_url=survey_public_url,
        workspaces_file=Path(file) if file else None,
        web=web,
        **numbers,
    )


def _check_others(env: Env) -> None:
    """Check settings that are read elsewhere."""
    env.str("LOG_LEVEL", "info", validate=_known_level)  # where the log is set up
    env.bool("ACCESS_LOG", False)  # this and the next by the receiver's server
    env.int("WEB_CONCURRENCY", 2, validate=check.Range(min=1))


def require_secrets(settings: Settings) -> None:
    """Check that each workspace has a secret, or needs none. Raises ``MissingCallbackSecret``."""
    unsigned = [each.name for each in settings.workspaces if not each.callback_secrets]
    if unsigned and not settings.allow_unsigned:
        raise MissingCallbackSecret(
            f"No callback secret for {', '.join(unsigned)}: set CENTION_CALLBACK_SECRETS, "
            "or CENTION_ALLOW_UNSIGNED=true to accept callbacks from anybody."
        )


def _numbers(env: Env) -> dict[str, Any]:
    return {
        "poll_every_s": env.int("POLL_EVERY_S", 15, validate=check.Range(min=1)),
        "fetch_threads": env.int("FETCH_THREADS", 8, validate=check.Range(min=1, max=64)),
        "drains_per_workspace": env.int(
            "DRAINS_PER_WORKSPACE", 2, validate=check.Range(min=1, max=32)
        ),
        "fetch_timeout_s": env.int("FETCH_TIMEOUT_S", 30, validate=check.Range(min=1, max=600)),
        "lease_s": env.int("LEASE_S", 300, validate=check.Range(min=5, max=1800)),
        "attachment_max_bytes": env.int(
            "ATTACHMENT_MAX_BYTES", 32 * 1024 * 1024, validate=check.Range(min=1, max=1 << 30)
        ),
        "agent_logons_first_days": env.int(
            "AGENT_LOGONS_FIRST_DAYS", 7, validate=check.Range(min=0, max=36_500)
        ),
        "export_timeout_s": env.int("EXPORT_TIMEOUT_S", 600, validate=check.Range(min=1, max=7200)),
        "export_max_bytes": env.int(
            "EXPORT_MAX_BYTES", 128 * 1024 * 1024, validate=check.Range(min=1, max=1 << 30)
        ),
        "callback_max_bytes": env.int(
            "CALLBACK_MAX_BYTES", CALLBACK_MAX_BYTES, validate=check.Range(min=1024, max=100 << 20)
        ),
        "spool_max_bytes": env.int("SPOOL_MAX_BYTES", 1 << 30, validate=check.Range(min=0)),
    }


def _end_call_type(env: Env) -> str:
    known = check.OneOf(END_CALL_TYPES)
    return env.str("CENTION_END_OBCALL_TYPE", END_CALL_TYPES[0], validate=known)


def _survey_country(env: Env) -> str | None:
    country = env.str("SURVEY_COUNTRY", "", validate=_known_country).upper()
    return country or None


def _survey_push_secrets(env: Env) -> tuple[str, ...]:
    secrets = (one.strip() for one in env.str("SURVEY_PUSH_SECRETS", "").split(","))
    return tuple(secret for secret in secrets if secret)


def _short_secrets(
    workspaces: tuple[WorkspaceSettings, ...], push_secrets: tuple[str, ...], *, from_file: bool
) -> dict[str, list[str]]:
    """Return the settings whose secrets can be guessed, or may be words of a text."""
    secrets = {
        f"CENTION_WORKSPACES_FILE [{one.name}] callback_secrets"
        if from_file
        else "CENTION_CALLBACK_SECRETS": one.callback_secrets
        for one in workspaces
    } | {"SURVEY_PUSH_SECRETS": push_secrets}
    problem = (
        f"A secret has fewer than {MIN_SECRET_LENGTH} characters: it could be guessed. Set a longer"
        " one here and where it is sent from, or CENTION_ALLOW_SHORT_SECRETS=true."
    )
    return {
        name: [problem]
        for name, values in secrets.items()
        if any(len(value) < MIN_SECRET_LENGTH for value in values)
    }


def _survey_frame_ancestors(env: Env) -> tuple[str, ...]:
    return tuple(env.str("SURVEY_FRAME_ANCESTORS", "", validate=_known_sites).split())


def _known_sites(sites: str) -> None:
    if wrong := [site for site in sites.split() if not _SITE.fullmatch(site)]:
        raise ValidationError(f"{wrong[0]!r} is no site such as https://chat.example.com.")


def _known_level(level: str) -> None:
    if level and level.lower() not in LOG_LEVELS:
        raise ValidationError(f"Not one of {', '.join(LOG_LEVELS)}.")


def _known_binds(binds: str) -> None:
    for one in filter(None, map(str.strip, binds.split(","))):
        if not _INHERITED_SOCKET.fullmatch(one):
            _known_bind(one)


def _known_bind(bind: str) -> None:
    found = _BIND.fullmatch(bind)
    if bind and (found is None or int(found["port"] or 0) > HIGHEST_PORT):
        raise ValidationError(f"{bind!r} is no address such as 127.0.0.1:9180.")


def _secure_url(url: str) -> None:
    if url and (fault := fault_of_secure_url(url)):
        raise ValidationError(fault)


def _known_country(country: str) -> None:
    if country and country.upper() not in SUPPORTED_REGIONS:
        raise ValidationError("Not a country such as SE.")


def _retention(env: Env) -> Retention:
    days = check.Range(min=0, max=36_500)
    return Retention(
        callbacks_days=env.int("RETAIN_CALLBACKS_DAYS", 0, validate=days),
        landed_days=env.int("RETAIN_LANDED_DAYS", 0, validate=days),
        bodies_days=env.int("RETAIN_BODIES_DAYS", 0, validate=days),
        feedback_days=env.int("RETAIN_FEEDBACK_DAYS", 0, validate=days),
    )


def _mirror_every_s(env: Env) -> dict[Mirror, int]:
    seconds = check.Range(min=0)
    return {
        Mirror.LIBRARY: env.int("LIBRARY_EVERY_S", 3600, validate=seconds),
        Mirror.AGENT_LOGONS: env.int("AGENT_LOGONS_EVERY_S", 600, validate=seconds),
        Mirror.EXPORTS: env.int("EXPORTS_EVERY_S", 86_400, validate=seconds),
    }
