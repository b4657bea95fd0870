"""Checks of other services: Cention, the broker."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

from workers.clients import errors
from workers.clients.cention.errand_data import ErrandDataApi
from workers.config.broker import ABOUT_THE_URL
from workers.config.settings import Settings
from workers.config.workspaces import WorkspaceSettings
from workers.operations.jobs.checks.finding import Finding, ok, wrong
from workers.operations.jobs.nudges import broker_location, broker_problem
from workers.operations.jobs.sentences import Sentence

WRONG_ADDRESS = (errors.WrongUrl, errors.Redirected, errors.NotFound, errors.InvalidResponse)
UNREACHABLE = (errors.Unreachable, errors.Busy, errors.IncompleteResponse)


def broker_findings(settings: Settings) -> Iterator[Finding]:
    """Check whether the broker can be used."""
    where = broker_location(settings.broker_url)
    why = broker_problem(settings)
    if why is None:
        yield ok(Sentence("about.broker"), Sentence("check.broker", where=where))
    else:
        about_the_url = where == "BROKER_URL" or why in ABOUT_THE_URL
        yield wrong(
            Sentence("about.broker"),
            Sentence("check.broker_away", where=where, why=why),
            Sentence("remedy.broker_url" if about_the_url else "remedy.broker"),
        )


def cention_findings(
    workspace: WorkspaceSettings, client: Callable[[], ErrandDataApi | None]
) -> Finding:
    """Check whether Cention answers and accepts the token; reads a list, which clears nothing.

    ``client`` returns a client for errand data, ``None`` without a token.
    """
    about = Sentence("about.cention", workspace=workspace.name)
    host = str(urlsplit(workspace.cention_url).hostname)
    try:
        api = client()
        if api is None:
            return wrong(
                about,
                Sentence("check.no_token"),
                Sentence("remedy.no_token", setting="CENTION_TOKEN_ERRAND_DATA"),
            )
        api.probe()
    except errors.ApiError as error:
        return of_error(about, host, error, claim="Access to errand data")
    except ValueError as error:
        return wrong(
            about,
            Sentence("check.token_malformed", error=str(error)),
            Sentence("remedy.token_malformed"),
        )
    return ok(about, Sentence("check.cention", host=host))


def of_error(about: Sentence, host: str, error: errors.ApiError, *, claim: str) -> Finding:
    """Return the finding for an error of Cention; the token should have ``claim``."""
    reason = str(error)
    if isinstance(error, UNREACHABLE):
        away = Sentence("check.cention_away", host=host, error=reason)
        return wrong(about, away, Sentence("remedy.cention_away"))
    if isinstance(error, WRONG_ADDRESS):
        elsewhere = Sentence("check.cention_elsewhere", host=host, error=reason)
        return wrong(about, elsewhere, Sentence("remedy.cention_elsewhere"))
    if isinstance(error, errors.Unauthorised):
        refused = Sentence("check.token_refused", error=reason)
        return wrong(about, refused, Sentence("remedy.token_refused", claim=claim))
    refuses = Sentence("check.cention_refuses", error=reason)
    return wrong(about, refuses, Sentence("remedy.cention_refuses"))
