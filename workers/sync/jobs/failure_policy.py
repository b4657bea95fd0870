"""Decides from an outcome when its record is fetched again, and whether it is parked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus

import psycopg

from workers.clients import errors
from workers.database import permanent_errors
from workers.sync.jobs.fetch_outcomes import Failed, NotFound, Outcome, Parsed
from workers.sync.rules import retry_policy
from workers.sync.store.wanted import Retry

CONFIRM_NOT_FOUND = timedelta(seconds=retry_policy.CONFIRM_NOT_FOUND_S)
# Faults of the whole server: they count against a record only while it answers other requests.
OUTAGES = (errors.Unreachable, errors.Busy)
# Refusals of the whole family: except for a 401, they count against a record only while others of
# the family succeed.
REFUSALS = (errors.Unauthorised, errors.Redirected)
# Another try cannot succeed; the same is true of a record that Postgres rejects.
PERMANENT = (errors.BadRequest, errors.TooLarge, errors.BadContent, psycopg.Error)
# Cention gave no answer: none came at all (None), or a gateway timed out waiting for it.
UNANSWERED = frozenset({None, 502, 504, 524})


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilyHealth:
    """Recent health of a family; decides whether a failure is the record's or the server's."""

    server_up: bool  # the server has answered a request of this batch
    succeeded_recently: bool  # a record was parsed within ``retry_policy.SUCCESS_WINDOW_S``
    succeeded_just_now: bool  # a record was parsed within ``retry_policy.RECENT_SUCCESS_S``


def is_outage(outcome: Outcome) -> bool:
    """Return whether the outcome says that the whole server is down or busy."""
    return isinstance(outcome, Failed) and isinstance(outcome.error, OUTAGES)


def refusal(outcome: Outcome) -> str | None:
    """Return Cention's message if the outcome says that it refuses the whole family."""
    refused = isinstance(outcome, Failed) and isinstance(outcome.error, REFUSALS)
    return str(outcome.error) if isinstance(outcome, Failed) and refused else None


def may_still_execute(outcome: Outcome) -> bool:
    """Return whether the request was sent and may take effect although its answer was lost."""
    return (
        isinstance(outcome, Failed)
        and isinstance(outcome.error, errors.IncompleteResponse | errors.Busy)
        and outcome.error.status in UNANSWERED
    )


def is_confirmed(outcome: NotFound) -> bool:
    """Return whether an earlier fetch, long enough ago, did not find the record either."""
    since = outcome.claimed.missing_since
    return since is not None and outcome.fetched_at - since >= CONFIRM_NOT_FOUND


def is_incomplete(outcome: Outcome) -> bool:
    """Return whether the record was parsed, lacks a part, and should be fetched again."""
    return (
        isinstance(outcome, Parsed)
        and not outcome.is_complete
        and retry_policy.should_refetch(outcome.claimed.looks + 1)
    )


def retry_decision(outcome: Outcome, *, health: FamilyHealth, jitter: float) -> Retry | None:
    """Return when and how a record is tried again; ``None`` if that is not needed.

    ``jitter`` from 0 to 1 spreads the wait.
    """
    if isinstance(outcome, NotFound) and not is_confirmed(outcome):
        return Retry(
            remote_id=outcome.claimed.remote_id,
            after_s=retry_policy.CONFIRM_NOT_FOUND_S,
            error="not found; fetched once more before it counts as gone",
            tries=outcome.claimed.tries,
            not_found=True,
        )
    if isinstance(outcome, Failed):
        return _after_failure(outcome, health=health, jitter=jitter)
    return None


def _counts_against_record(outcome: Failed, health: FamilyHealth) -> bool:
    error = outcome.error
    if isinstance(error, REFUSALS):
        return error.status != HTTPStatus.UNAUTHORIZED and health.succeeded_just_now
    if isinstance(error, errors.Busy) and error.status == HTTPStatus.TOO_MANY_REQUESTS:
        return False
    return health.server_up or not is_outage(outcome)


def _after_failure(outcome: Failed, *, health: FamilyHealth, jitter: float) -> Retry:
    error, claimed = outcome.error, outcome.claimed
    counts = _counts_against_record(outcome, health)
    tries = claimed.tries + 1 if counts else claimed.tries
    exhausted = counts and tries >= retry_policy.MAX_TRIES and health.succeeded_recently
    return Retry(
        remote_id=claimed.remote_id,
        after_s=retry_policy.backoff_s(
            max(tries, 1),
            retry_after_s=error.retry_after_s if isinstance(error, errors.Busy) else None,
            outage=not counts,
            jitter=jitter,
        ),
        error=str(error) if isinstance(error, errors.ApiError) else permanent_errors.name(error),
        tries=tries,
        parked=isinstance(error, PERMANENT) or exhausted,
        in_doubt=may_still_execute(outcome),
    )
