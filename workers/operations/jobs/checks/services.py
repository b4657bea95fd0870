"""Checks of other services: Cention, the broker."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

from workers.clients import errors
from workers.clients.cention.errand_data import ErrandDataApi
from workers.config.broker import ABOUT_THE_URL
from workers.config.secure_urls import ENCODE
from workers.config.settings import Settings
from workers.config.workspaces import WorkspaceSettings
from workers.operations.jobs.checks.finding import Finding, ok, wrong
from workers.operations.jobs.nudges import broker_location, broker_problem
from workers.operations.rules.wording import token_hint

WRONG_ADDRESS = (errors.WrongUrl, errors.Redirected, errors.NotFound, errors.InvalidResponse)
UNREACHABLE = (errors.Unreachable, errors.Busy, errors.IncompleteResponse)


def broker_findings(settings: Settings) -> Iterator[Finding]:
    """Check whether the broker can be used."""
    where = broker_location(settings.broker_url)
    why = broker_problem(settings)
    if why is None:
        yield ok("broker", f"It answers at {where}.")
    else:
        yield wrong(
            "broker",
            f"It cannot be used at {where}: {why}. Callbacks are stored all the same.",
            "Check BROKER_URL, and whether it runs."
            + (f" {ENCODE}" if where == "BROKER_URL" or why in ABOUT_THE_URL else ""),
        )


def cention_findings(
    workspace: WorkspaceSettings, client: Callable[[], ErrandDataApi | None]
) -> Finding:
    """Check whether Cention answers and accepts the token; reads a list, which clears nothing.

    ``client`` returns a client for errand data, ``None`` without a token.
    """
    about = f"Cention of {workspace.name}"
    host = urlsplit(workspace.cention_url).hostname
    try:
        api = client()
        if api is None:
            return wrong(
                about, "No token is set, so nothing is fetched from it.", token_hint("errand_data")
            )
        api.probe()
    except errors.ApiError as error:
        return of_error(about, str(host), error, claim="Access to errand data")
    except ValueError as error:
        return wrong(about, f"The token is malformed: {error}.", "Copy it again from Cention.")
    return ok(about, f"It answers at {host} and accepts the token.")


def of_error(about: str, host: str, error: errors.ApiError, *, claim: str) -> Finding:
    """Return the finding for an error of Cention; the token should have ``claim``."""
    if isinstance(error, UNREACHABLE):
        return wrong(
            about,
            f"It cannot be reached at {host} ({error}).",
            "Check the network and proxies; if it lasts, ask Cention. Nothing is lost meanwhile.",
        )
    if isinstance(error, WRONG_ADDRESS):
        return wrong(
            about,
            f"Something answers at {host}, but it is not this workspace ({error}).",
            "Check CENTION_URL: https://, the API's domain, /s/, and the workspace.",
        )
    if isinstance(error, errors.Unauthorised):
        return wrong(
            about,
            f"The token is refused ({error}).",
            f'Make a token with the claim "{claim}" in Cention, and set it.',
        )
    return wrong(
        about,
        f"It refuses the request ({error}).",
        "Install the newest version of the bridge; Cention may have changed its API.",
    )
