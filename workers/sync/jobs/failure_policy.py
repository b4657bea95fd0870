"""What an outcome means for the record's place on the list."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus

import psycopg

from workers.clients import errors
from workers.database import permanent_errors
from workers.sync.jobs.fetch_outcomes import Failed, Missing, Outcome, Understood
from workers.sync.rules import retry_policy
from workers.sync.store.wanted import Retry

CONFIRM_MISSING = timedelta(seconds=retry_policy.CONFIRM_MISSING_S)
# These speak of the whole server: they count against a record only while others come through.
OUTAGES = (errors.Unreachable, errors.Busy)
# These speak of the whole family; but for a 401 they count while others of it come through.
REFUSALS = (errors.Unauthorised, errors.Redirected)
# These will not pass; a record that Postgres refuses is the same.
HOPELESS = (errors.BadRequest, errors.TooLarge, errors.BadContent, psycopg.Error)
# No answer of Cention's: none at all, or that of a gateway which waited for it no longer.
UNANSWERED = frozenset({None, 502, 504, 524})


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How the family as a whole fares, which tells a bad record from a bad day."""

    answers: bool  # the server has answered something in this round
    succeeds: bool  # a record of the family was fetched in the last ``retry_policy.PROOF_S``
    lately: bool  # even in the last ``retry_policy.LATELY_S``


def is_outage(outcome: Outcome) -> bool:
    """Tell whether the outcome says that the whole server is away or busy."""
    return isinstance(outcome, Failed) and isinstance(outcome.error, OUTAGES)


def refusal(outcome: Outcome) -> str | None:
    """Return what Cention said if the outcome says that it refuses the whole family."""
    refused = isinstance(outcome, Failed) and isinstance(outcome.error, REFUSALS)
    return str(outcome.error) if isinstance(outcome, Failed) and refused else None


def is_in_doubt(outcome: Outcome) -> bool:
    """Tell whether the request went out, and may still be carried out although nobody waits."""
    return (
        isinstance(outcome, Failed)
        and isinstance(outcome.error, errors.IncompleteResponse | errors.Busy)
        and outcome.error.status in UNANSWERED
    )


def is_confirmed(missing: Missing) -> bool:
    """Tell whether an earlier look, long enough ago, missed the record as well."""
    since = missing.claimed.missing_since
    return since is not None and missing.fetched_at - since >= CONFIRM_MISSING


def is_incomplete(outcome: Outcome) -> bool:
    """Tell whether the record was written and is worth another look."""
    return (
        isinstance(outcome, Understood)
        and not outcome.complete
        and retry_policy.should_refetch(outcome.claimed.looks + 1)
    )


def postponed(outcome: Outcome, *, family: Standing, chance: float) -> Retry | None:
    """Return how a record waits for its next try; ``None`` if it needs none.

    ``chance`` from 0 to 1 spreads the wait.
    """
    if isinstance(outcome, Missing) and not is_confirmed(outcome):
        return Retry(
            remote_id=outcome.claimed.remote_id,
            after_s=retry_policy.CONFIRM_MISSING_S,
            error="not found; looked at once more before it counts as gone",
            tries=outcome.claimed.tries,
            missing=True,
        )
    if isinstance(outcome, Failed):
        return _failed(outcome, family=family, chance=chance)
    return None


def _is_innocent(outcome: Failed, family: Standing) -> bool:
    """Tell whether the failure says nothing of this record."""
    if isinstance(outcome.error, REFUSALS):
        return outcome.error.status == HTTPStatus.UNAUTHORIZED or not family.lately
    if (
        isinstance(outcome.error, errors.Busy)
        and outcome.error.status == HTTPStatus.TOO_MANY_REQUESTS
    ):
        return True
    return is_outage(outcome) and not family.answers


def _failed(outcome: Failed, *, family: Standing, chance: float) -> Retry:
    error, claimed = outcome.error, outcome.claimed
    innocent = _is_innocent(outcome, family)
    tries = claimed.tries if innocent else claimed.tries + 1
    asked_s = error.retry_after_s if isinstance(error, errors.Busy) else None
    exhausted = tries >= retry_policy.MAX_TRIES and not innocent and family.succeeds
    return Retry(
        remote_id=claimed.remote_id,
        after_s=retry_policy.backoff_s(
            max(tries, 1), asked_s=asked_s, outage=innocent, chance=chance
        ),
        error=str(error) if isinstance(error, errors.ApiError) else permanent_errors.name(error),
        tries=tries,
        parked=isinstance(error, HOPELESS) or exhausted,
        in_doubt=is_in_doubt(outcome),
    )
