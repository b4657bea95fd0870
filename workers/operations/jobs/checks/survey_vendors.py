"""Checks of the survey vendors: which a workspace has, and whether Customer Radar accepts us."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from workers.clients import errors
from workers.clients.surveys.customer_radar import CustomerRadarApi
from workers.config.workspaces import WorkspaceSettings
from workers.operations.jobs.checks.finding import Finding, ok, wrong


def vendor_findings(
    workspace: WorkspaceSettings, customer_radar: Callable[[], CustomerRadarApi | None]
) -> Iterator[Finding]:
    """Yield what is set, and the result of a login at Customer Radar; nobody is written to.

    ``customer_radar`` returns a client, ``None`` without an account.
    """
    if (digidesk := workspace.surveys.digidesk) is not None:
        yield ok(
            f"DigiDesk of {workspace.name}",
            f"Set, {digidesk.per_minute} invitations a minute at most. It has no request that "
            "writes to nobody, so it cannot be tried.",
        )
    if (api := customer_radar()) is not None:
        yield _login(f"Customer Radar of {workspace.name}", api)


def _login(about: str, api: CustomerRadarApi) -> Finding:
    try:
        api.probe()
    except errors.Unauthorised as error:
        return wrong(
            about,
            f"It refuses the login ({error}).",
            "Set CUSTOMER_RADAR_USER and CUSTOMER_RADAR_PASSWORD as Customer Radar gave them.",
        )
    except (errors.Unreachable, errors.Busy) as error:
        return wrong(
            about,
            f"It cannot be reached ({error}).",
            "Check the network and proxies; if it lasts, ask Customer Radar. Invitations wait.",
        )
    except errors.ApiError as error:
        return wrong(
            about, f"Something else answers in its place ({error}).", "Check CUSTOMER_RADAR_URL."
        )
    return ok(about, "It accepts the login.")
