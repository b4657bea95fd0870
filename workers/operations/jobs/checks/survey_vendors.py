"""Checks of the survey vendors: which a workspace has, and whether they accept us."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from workers.clients import errors
from workers.clients.json_bodies import sanitise_for_log
from workers.clients.smtp import SmtpClient
from workers.clients.surveys.alvaria import AlvariaApi
from workers.clients.surveys.centracx import CentracxApi
from workers.clients.surveys.customer_radar import CustomerRadarApi
from workers.clients.surveys.outcomes import VendorRefusesUs
from workers.config.workspaces import WorkspaceSettings
from workers.operations.jobs.checks.finding import Finding, ok, wrong

_WRONG_CLIENT = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class _Remedies:
    """What to do if a vendor does not answer as it should."""

    refused: str
    away: str
    wrong_url: str


_CUSTOMER_RADAR = _Remedies(
    refused="Set CUSTOMER_RADAR_USER and CUSTOMER_RADAR_PASSWORD as Customer Radar gave them.",
    away="Check the network and proxies; if it lasts, ask Customer Radar. Invitations wait.",
    wrong_url="Check CUSTOMER_RADAR_URL.",
)
_CENTRACX = _Remedies(
    refused="Set CENTRACX_KEY and CENTRACX_SECRET as CentraCX gave them.",
    away="Check the network and proxies; if it lasts, ask CentraCX. Customers see a waiting page.",
    wrong_url="Check CENTRACX_URL: it is the part before /surveys.",
)
_ALVARIA = _Remedies(
    refused="Set ALVARIA_ORG, ALVARIA_CLIENT_ID, ALVARIA_SECRET, ALVARIA_API_KEY and ALVARIA_SCOPE "
    "as Alvaria gave them, and ALVARIA_REGION.",
    away="Check the network and proxies; if it lasts, ask Alvaria. Answers are kept and wait.",
    wrong_url="Check ALVARIA_REGION, and ALVARIA_URL and ALVARIA_TOKEN_URL if they are set.",
)


def vendor_findings(
    workspace: WorkspaceSettings,
    *,
    customer_radar: Callable[[], CustomerRadarApi | None],
    centracx: Callable[[], CentracxApi | None],
    alvaria: Callable[[], AlvariaApi | None],
    mail: Callable[[], SmtpClient | None],
    public_url: str | None,
) -> Iterator[Finding]:
    """Yield what is set, and the result of a request to each vendor that changes nothing.

    The callables return a client, ``None`` without an account; ``public_url`` is that of our pages.
    """
    if (digidesk := workspace.surveys.digidesk) is not None:
        yield ok(
            f"DigiDesk of {workspace.name}",
            f"Set, {digidesk.per_minute} invitations a minute at most. It has no request that "
            "writes to nobody, so it cannot be tried.",
        )
    if (radar := customer_radar()) is not None:
        yield _login(f"Customer Radar of {workspace.name}", radar.probe, _CUSTOMER_RADAR)
    if (centra := centracx()) is not None:
        yield _surveys(f"CentraCX of {workspace.name}", centra)
    if (via := alvaria()) is not None:
        yield _login(f"Alvaria of {workspace.name}", via.probe, _ALVARIA)
    if (client := mail()) is not None:
        yield _mail(f"mail server of {workspace.name}", client)
    by_mail = workspace.surveys.mail and workspace.report.weekday is None  # else for the report
    if public_url is None and (by_mail or workspace.surveys.centracx):
        yield wrong(
            f"survey pages of {workspace.name}",
            "SURVEY_PUBLIC_URL is not set, so nobody is mailed a link.",
            "Set it to the address at which customers reach the receiver.",
        )


def _mail(about: str, client: SmtpClient) -> Finding:
    match client.probe():
        case None:
            return ok(about, "It accepts the log-in; nothing was sent.")
        case VendorRefusesUs(reason=reason):
            return wrong(about, f"It refuses us ({reason}).", "Correct SMTP_URL.")
        case outcome:
            return wrong(
                about,
                f"It cannot be reached ({outcome.reason}).",
                "Check SMTP_URL and the network. Invitations wait.",
            )


def _login(about: str, probe: Callable[[], None], remedies: _Remedies) -> Finding:
    try:
        probe()
    except errors.ApiError as error:
        return _failure(about, error, remedies)
    return ok(about, "It accepts the login.")


def _surveys(about: str, api: CentracxApi) -> Finding:
    """Return the surveys that can be conducted; rules name them by number."""
    try:
        surveys = api.list_surveys()
    except errors.ApiError as error:
        return _failure(about, error, _CENTRACX)
    if not surveys:
        return wrong(
            about,
            "It accepts the key, and has no survey for us.",
            "In CentraCX, enable the API Channel of the survey, and deploy it.",
        )
    listed = ", ".join(f"{survey.id} {survey.description}".strip() for survey in surveys)
    return ok(about, f"It accepts the key. Surveys: {sanitise_for_log(listed, secrets=())}.")


def _failure(about: str, error: errors.ApiError, remedies: _Remedies) -> Finding:
    # Servers of tokens answer 400 to a wrong client or scope.
    if isinstance(error, errors.Unauthorised) or error.status == _WRONG_CLIENT:
        return wrong(about, f"It refuses the login ({error}).", remedies.refused)
    if isinstance(error, errors.Unreachable | errors.Busy):
        return wrong(about, f"It cannot be reached ({error}).", remedies.away)
    return wrong(about, f"Something else answers in its place ({error}).", remedies.wrong_url)
