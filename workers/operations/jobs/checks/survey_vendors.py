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
from workers.operations.jobs.sentences import Sentence

_WRONG_CLIENT = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class _Remedies:
    """What to do if a vendor does not answer as it should."""

    refused: Sentence
    away: Sentence
    wrong_url: Sentence


_CUSTOMER_RADAR = _Remedies(
    refused=Sentence("remedy.customer_radar_refused"),
    away=Sentence("remedy.customer_radar_away"),
    wrong_url=Sentence("remedy.customer_radar_url"),
)
_CENTRACX = _Remedies(
    refused=Sentence("remedy.centracx_refused"),
    away=Sentence("remedy.centracx_away"),
    wrong_url=Sentence("remedy.centracx_url"),
)
_ALVARIA = _Remedies(
    refused=Sentence("remedy.alvaria_refused"),
    away=Sentence("remedy.alvaria_away"),
    wrong_url=Sentence("remedy.alvaria_url"),
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
    name = workspace.name
    if (digidesk := workspace.surveys.digidesk) is not None:
        yield ok(
            Sentence("about.digidesk", workspace=name),
            Sentence("check.digidesk", most=digidesk.per_minute),
        )
    if (radar := customer_radar()) is not None:
        about = Sentence("about.customer_radar", workspace=name)
        yield _login(about, radar.probe, _CUSTOMER_RADAR)
    if (centra := centracx()) is not None:
        yield _surveys(Sentence("about.centracx", workspace=name), centra)
    if (via := alvaria()) is not None:
        yield _login(Sentence("about.alvaria", workspace=name), via.probe, _ALVARIA)
    if (client := mail()) is not None:
        yield _mail(Sentence("about.mail", workspace=name), client)
    by_mail = workspace.surveys.mail and workspace.report.weekday is None  # else for the report
    if public_url is None and (by_mail or workspace.surveys.centracx):
        yield wrong(
            Sentence("about.survey_pages", workspace=name),
            Sentence("check.no_public_url"),
            Sentence("remedy.no_public_url"),
        )


def _mail(about: Sentence, client: SmtpClient) -> Finding:
    match client.probe():
        case None:
            return ok(about, Sentence("check.mail"))
        case VendorRefusesUs(reason=reason):
            refused = Sentence("check.mail_refuses", reason=reason)
            return wrong(about, refused, Sentence("remedy.mail_refuses"))
        case outcome:
            away = Sentence("check.away", error=outcome.reason)
            return wrong(about, away, Sentence("remedy.mail_away"))


def _login(about: Sentence, probe: Callable[[], None], remedies: _Remedies) -> Finding:
    try:
        probe()
    except errors.ApiError as error:
        return _failure(about, error, remedies)
    return ok(about, Sentence("check.login"))


def _surveys(about: Sentence, api: CentracxApi) -> Finding:
    """Return the surveys that can be conducted; rules name them by number."""
    try:
        surveys = api.list_surveys()
    except errors.ApiError as error:
        return _failure(about, error, _CENTRACX)
    if not surveys:
        return wrong(about, Sentence("check.no_survey"), Sentence("remedy.no_survey"))
    listed = ", ".join(f"{survey.id} {survey.description}".strip() for survey in surveys)
    return ok(about, Sentence("check.surveys", surveys=sanitise_for_log(listed, secrets=())))


def _failure(about: Sentence, error: errors.ApiError, remedies: _Remedies) -> Finding:
    # Servers of tokens answer 400 to a wrong client or scope.
    if isinstance(error, errors.Unauthorised) or error.status == _WRONG_CLIENT:
        refused = Sentence("check.login_refused", error=str(error))
        return wrong(about, refused, remedies.refused)
    if isinstance(error, errors.Unreachable | errors.Busy):
        return wrong(about, Sentence("check.away", error=str(error)), remedies.away)
    elsewhere = Sentence("check.something_else", error=str(error))
    return wrong(about, elsewhere, remedies.wrong_url)
