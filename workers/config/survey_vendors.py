"""Accounts of one workspace at the survey vendors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from environs import Env

from workers.config.secure_urls import fault_of_secure_url

Problems = dict[str, list[str]]

PER_MINUTE = 60
MAX_PER_MINUTE = 100_000
TEXTS = (
    *("digidesk_url", "digidesk_user", "digidesk_password"),
    *("customer_radar_url", "customer_radar_user", "customer_radar_password"),
    "customer_radar_client",
)
NUMBERS = ("digidesk_per_minute", "customer_radar_per_minute")


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
class SurveyVendors:
    """The accounts of a workspace; ``None``: the vendor is not used."""

    digidesk: DigideskAccount | None = None
    customer_radar: CustomerRadarAccount | None = None


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
    }


def values_from_table(
    table: Mapping[str, Any], location: str, problems: Problems
) -> dict[str, Any]:
    """Return the good values of the table ``surveys``; add mistakes to ``problems``."""
    known: dict[str, type] = {**dict.fromkeys(TEXTS, str), **dict.fromkeys(NUMBERS, int)}
    good = {}
    for key, value in table.items():
        if key not in known:
            problems[f"{location} {key}"] = ["Unknown setting."]
        elif type(value) is not known[key]:
            problems[f"{location} {key}"] = [f"Must be a {known[key].__name__}."]
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
    digidesk = _account(values, "digidesk", ("url", "user", "password"))
    radar = _account(values, "customer_radar", ("url", "user", "password", "client"))
    return SurveyVendors(
        digidesk=DigideskAccount(**digidesk) if digidesk else None,
        customer_radar=CustomerRadarAccount(**radar) if radar else None,
    )


def _faults(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for vendor, needed in (
        ("digidesk", ("user", "password")),
        ("customer_radar", ("user", "password", "client")),
    ):
        keys = [f"{vendor}_{name}" for name in (*needed, "url")]
        if any(values.get(key) for key in keys):
            for key in keys[:-1]:
                if not values.get(key):
                    yield key, "Missing, though others of this vendor are set."
        url = values.get(f"{vendor}_url")
        if url and (fault := fault_of_secure_url(url)):
            yield f"{vendor}_url", fault
        if not 1 <= values.get(f"{vendor}_per_minute", PER_MINUTE) <= MAX_PER_MINUTE:
            yield f"{vendor}_per_minute", f"Must be from 1 to {MAX_PER_MINUTE}."
    if ":" in values.get("digidesk_user", ""):
        yield "digidesk_user", "Must not have a colon."
    for key in ("digidesk_user", "digidesk_password"):
        if not values.get(key, "").isprintable():
            yield key, "Must consist of printable characters."


def _account(
    values: Mapping[str, Any], vendor: str, names: tuple[str, ...]
) -> dict[str, Any] | None:
    if not values.get(f"{vendor}_user"):
        return None
    found: dict[str, Any] = {name: values.get(f"{vendor}_{name}") or None for name in names}
    return found | {"per_minute": values.get(f"{vendor}_per_minute", PER_MINUTE)}
