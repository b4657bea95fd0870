"""Accounts of one workspace at the survey vendors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from environs import Env

from workers.config import alvaria_hosts, mail, secret_files
from workers.config.mail import SmtpAccount
from workers.config.secret_files import Problems
from workers.config.secure_urls import fault_of_secure_url

# What a value of a TOML file must be, in words.
TOML_WORDS = {
    str: "a text in quotes",
    int: "a whole number",
    list: "a list in square brackets",
    dict: "a table",
}

PER_MINUTE = 60
MAX_PER_MINUTE = 100_000
TEXTS = (
    *("digidesk_url", "digidesk_user", "digidesk_password"),
    *("customer_radar_url", "customer_radar_user", "customer_radar_password"),
    "customer_radar_client",
    *("centracx_url", "centracx_key", "centracx_secret", "centracx_reply_in"),
    *("alvaria_org", "alvaria_region", "alvaria_url", "alvaria_token_url", "alvaria_scope"),
    *("alvaria_client_id", "alvaria_secret", "alvaria_api_key"),
    *mail.TEXTS,
)
NUMBERS = (
    *mail.NUMBERS,
    *("digidesk_per_minute", "customer_radar_per_minute"),
    *("centracx_per_minute", "alvaria_per_minute"),
)
# What is secret, or stands beside it in one header.
SECRETS = (
    *("digidesk_user", "digidesk_password", "customer_radar_user", "customer_radar_password"),
    *("centracx_key", "centracx_secret"),
    *("alvaria_client_id", "alvaria_secret", "alvaria_api_key"),
    *mail.SECRETS,
)
# What an account needs. It is used if any of these is set.
NEEDED: Mapping[str, tuple[str, ...]] = {
    "digidesk": ("user", "password"),
    "customer_radar": ("user", "password", "client"),
    "centracx": ("url", "key", "secret"),
    "alvaria": ("org", "client_id", "secret", "api_key"),
}
_URLS = (
    *("digidesk_url", "customer_radar_url", "centracx_url"),
    *("alvaria_url", "alvaria_token_url"),
)
# They stand in a header.
_IN_HEADERS = (
    *("digidesk_user", "digidesk_password"),
    *("alvaria_client_id", "alvaria_secret", "alvaria_api_key"),
)
REPLY_IN = ("body", "query")
ALVARIA_SCOPE = "customerexperienceapi"


@dataclass(frozen=True, slots=True, kw_only=True)
class DigideskAccount:
    """An account at DigiDesk."""

    url: str | None  # of survey requests; None: the vendor's own
    user: str = field(repr=False)
    password: str = field(repr=False)
    per_minute: int = PER_MINUTE  # invitations at most


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerRadarAccount:
    """An account at Customer Radar."""

    url: str | None  # the part before /auth/login; None: the vendor's own
    user: str = field(repr=False)
    password: str = field(repr=False)
    client: str  # the clientDisplayId of every invitation
    per_minute: int = PER_MINUTE


@dataclass(frozen=True, slots=True, kw_only=True)
class CentracxAccount:
    """An account at CentraCX."""

    url: str  # the part before /surveys
    key: str = field(repr=False)
    secret: str = field(repr=False)
    reply_in: str = REPLY_IN[0]  # where an answer stands in the request
    per_minute: int = PER_MINUTE  # sessions and answers at most


@dataclass(frozen=True, slots=True, kw_only=True)
class AlvariaAccount:
    """An application registered at Alvaria."""

    org: str
    url: str  # the part before /via/v2
    token_url: str  # the whole URL of tokens
    client_id: str = field(repr=False)
    secret: str = field(repr=False)
    api_key: str = field(repr=False)
    scope: str = ALVARIA_SCOPE
    per_minute: int = PER_MINUTE  # contexts and outcomes at most


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyVendors:
    """The accounts of a workspace; ``None``: the vendor is not used."""

    digidesk: DigideskAccount | None = None
    customer_radar: CustomerRadarAccount | None = None
    centracx: CentracxAccount | None = None
    alvaria: AlvariaAccount | None = None
    mail: SmtpAccount | None = None  # carries links to our own pages


def values_from_environment(env: Env) -> dict[str, Any]:
    """Return the variables that are set, by their names in the workspaces file."""
    return {
        "digidesk_url": env.str("DIGIDESK_URL", ""),
        "digidesk_user": env.str("DIGIDESK_USER", ""),
        "digidesk_password": env.str("DIGIDESK_PASSWORD", ""),
        "digidesk_per_minute": env.int("DIGIDESK_PER_MINUTE", PER_MINUTE),
        "customer_radar_url": env.str("CUSTOMER_RADAR_URL", ""),
        "customer_radar_user": env.str("CUSTOMER_RADAR_USER", ""),
        "customer_radar_password": env.str("CUSTOMER_RADAR_PASSWORD", ""),
        "customer_radar_client": env.str("CUSTOMER_RADAR_CLIENT", ""),
        "customer_radar_per_minute": env.int("CUSTOMER_RADAR_PER_MINUTE", PER_MINUTE),
        "centracx_url": env.str("CENTRACX_URL", ""),
        "centracx_key": env.str("CENTRACX_KEY", ""),
        "centracx_secret": env.str("CENTRACX_SECRET", ""),
        "centracx_reply_in": env.str("CENTRACX_REPLY_IN", ""),
        "centracx_per_minute": env.int("CENTRACX_PER_MINUTE", PER_MINUTE),
        "alvaria_org": env.str("ALVARIA_ORG", ""),
        "alvaria_region": env.str("ALVARIA_REGION", ""),
        "alvaria_url": env.str("ALVARIA_URL", ""),
        "alvaria_token_url": env.str("ALVARIA_TOKEN_URL", ""),
        "alvaria_client_id": env.str("ALVARIA_CLIENT_ID", ""),
        "alvaria_secret": env.str("ALVARIA_SECRET", ""),
        "alvaria_api_key": env.str("ALVARIA_API_KEY", ""),
        "alvaria_scope": env.str("ALVARIA_SCOPE", ""),
        "alvaria_per_minute": env.int("ALVARIA_PER_MINUTE", PER_MINUTE),
        "smtp_url": env.str("SMTP_URL", ""),
        "smtp_from": env.str("SMTP_FROM", ""),
        "smtp_per_minute": env.int("SMTP_PER_MINUTE", PER_MINUTE),
    }


def values_from_table(
    table: Mapping[str, Any], location: str, problems: Problems
) -> dict[str, Any]:
    """Return the good values of the table ``surveys``; add mistakes to ``problems``."""
    known: dict[str, type] = {**dict.fromkeys(TEXTS, str), **dict.fromkeys(NUMBERS, int)}
    good = {}
    given = secret_files.values_from_files(table, f"{location} ", SECRETS, problems)
    for key, value in given.items():
        if key not in known:
            problems[f"{location} {key}"] = ["Unknown setting."]
        elif type(value) is not known[key]:
            problems[f"{location} {key}"] = [f"Must be {TOML_WORDS[known[key]]}."]
        else:
            good[key] = value
    return good


def read_vendors(
    values: Mapping[str, Any], names: Mapping[str, str], problems: Problems
) -> SurveyVendors:
    """Return the accounts; add mistakes to ``problems`` under their ``names``."""
    faults = dict(_faults(values))
    problems |= {names[key]: [fault] for key, fault in faults.items()}
    if faults:
        return SurveyVendors()
    return SurveyVendors(
        digidesk=_digidesk(values),
        customer_radar=_customer_radar(values),
        centracx=_centracx(values),
        alvaria=_alvaria(values),
        mail=mail.read_account(values),
    )


def _faults(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for vendor, needed in NEEDED.items():
        keys = [f"{vendor}_{name}" for name in needed]
        if any(values.get(key) for key in (*keys, f"{vendor}_url")):
            for key in keys:
                if not values.get(key, "").strip():
                    yield key, "Missing, though others of this vendor are set."
        if not 1 <= values.get(f"{vendor}_per_minute", PER_MINUTE) <= MAX_PER_MINUTE:
            yield f"{vendor}_per_minute", f"Must be from 1 to {MAX_PER_MINUTE}."
    for key in _URLS:
        url = values.get(key)
        if url and (fault := fault_of_secure_url(url)):
            yield key, fault
    yield from mail.faults_of(values)
    yield from _faults_of_headers(values)
    yield from _faults_of_words(values)


def _faults_of_headers(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for key in ("digidesk_user", "alvaria_client_id"):
        if ":" in values.get(key, ""):
            yield key, "Must not have a colon."
    for key in _IN_HEADERS:
        if not values.get(key, "").isprintable():
            yield key, "Must consist of printable characters."
    if not values.get("alvaria_api_key", "").isascii():
        yield "alvaria_api_key", "Must consist of ASCII characters."


def _faults_of_words(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if values.get("centracx_reply_in") not in (None, "", *REPLY_IN):
        yield "centracx_reply_in", f"Must be one of: {', '.join(REPLY_IN)}."
    if values.get("alvaria_region") not in (None, "", *alvaria_hosts.HOSTS):
        yield "alvaria_region", f"Must be one of: {', '.join(alvaria_hosts.HOSTS)}."
    org = values.get("alvaria_org")
    if org and not alvaria_hosts.is_org(org):
        yield "alvaria_org", "Must be the organisation's name at Alvaria: letters, digits and -."


def _digidesk(values: Mapping[str, Any]) -> DigideskAccount | None:
    found = _set(values, "digidesk", ("url",))
    return DigideskAccount(**{"url": None, **found}) if found else None


def _customer_radar(values: Mapping[str, Any]) -> CustomerRadarAccount | None:
    found = _set(values, "customer_radar", ("url",))
    return CustomerRadarAccount(**{"url": None, **found}) if found else None


def _centracx(values: Mapping[str, Any]) -> CentracxAccount | None:
    found = _set(values, "centracx", ("reply_in",))
    return CentracxAccount(**found) if found else None


def _alvaria(values: Mapping[str, Any]) -> AlvariaAccount | None:
    found = _set(values, "alvaria", ("url", "token_url", "scope"))
    if not found:
        return None
    region = values.get("alvaria_region") or alvaria_hosts.USUAL_REGION
    usual = {
        "url": alvaria_hosts.api_url(found["org"], region),
        "token_url": alvaria_hosts.token_url(region),
    }
    return AlvariaAccount(**{**usual, **found})


def _set(values: Mapping[str, Any], vendor: str, optional: tuple[str, ...]) -> dict[str, Any]:
    """Return what is set of an account, by the names of its fields; nothing if it is not used."""
    if not values.get(f"{vendor}_{NEEDED[vendor][0]}"):
        return {}
    names = (*NEEDED[vendor], *optional, "per_minute")
    return {name: value for name in names if (value := values.get(f"{vendor}_{name}"))}
