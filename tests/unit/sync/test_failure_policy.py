from __future__ import annotations

from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from workers.clients import errors
from workers.database import permanent_errors
from workers.sync.jobs import failure_policy
from workers.sync.jobs.failure_policy import FamilyHealth
from workers.sync.jobs.family_spec import PlainDocument
from workers.sync.jobs.fetch_outcomes import Failed, NotFound, Outcome, Parsed
from workers.sync.store.wanted import Claimed

NOW = datetime(2026, 1, 1, tzinfo=UTC)
BUSY = errors.Busy("overloaded or unavailable", api="cention", status=503, retry_after_s=120)
TOO_MANY = errors.Busy("overloaded or unavailable", api="cention", status=429, retry_after_s=0)
AWAY = errors.Unreachable("no connection", api="cention")
BROKEN = errors.IncompleteResponse("failed on the server", api="cention", status=500)
UNKNOWN_TOKEN = errors.Unauthorised("token refused", api="cention", status=401)
FORBIDDEN = errors.Unauthorised("token refused", api="cention", status=403)


def claimed(*, tries: int = 0, looks: int = 0, missing_since: datetime | None = None) -> Claimed:
    return Claimed(remote_id=7, marks=1, tries=tries, looks=looks, missing_since=missing_since)


def failed(error: Exception, *, tries: int = 0) -> Failed:
    return Failed(claimed=claimed(tries=tries), error=error)


def parsed(*, is_complete: bool, looks: int = 0) -> Parsed:
    return Parsed(
        claimed=claimed(looks=looks),
        fetched_at=NOW,
        document="{}",
        record=None,
        is_complete=is_complete,
        fetched=PlainDocument(document={}),
    )


def decide(
    outcome: Outcome,
    *,
    server_up: bool = True,
    succeeded_recently: bool = True,
    succeeded_just_now: bool = False,
):
    health = FamilyHealth(
        server_up=server_up,
        succeeded_recently=succeeded_recently,
        succeeded_just_now=succeeded_just_now,
    )
    return failure_policy.retry_decision(outcome, health=health, jitter=1.0)


def test_a_parsed_record_needs_no_retry():
    assert decide(parsed(is_complete=True)) is None


def test_a_failure_of_the_record_counts():
    retry = decide(failed(BROKEN, tries=2))

    assert (retry.tries, retry.after_s, retry.parked) == (3, 20, False)


def test_the_twelfth_failure_parks():
    assert decide(failed(BROKEN, tries=11)).parked


def test_no_record_parks_while_none_of_its_family_succeeds():
    """An hour of errors at Cention must not park ten thousand valid records."""
    retry = decide(failed(BROKEN, tries=11), succeeded_recently=False)

    assert (retry.tries, retry.parked) == (12, False)


@pytest.mark.parametrize("error", [AWAY, BUSY])
def test_an_outage_counts_against_a_record_only_while_the_server_answers_others(error):
    assert decide(failed(error), server_up=False).tries == 0
    assert decide(failed(error)).tries == 1


def test_a_refusal_counts_only_while_others_of_the_family_succeed():
    """Otherwise the cause is the token and not a record."""
    of_the_token = decide(failed(FORBIDDEN, tries=11))
    of_the_record = decide(failed(FORBIDDEN, tries=11), succeeded_just_now=True)

    assert (of_the_token.tries, of_the_token.parked) == (11, False)
    assert (of_the_record.tries, of_the_record.parked) == (12, True)


def test_an_unknown_token_never_counts_against_a_record():
    retry = decide(failed(UNKNOWN_TOKEN, tries=11), succeeded_just_now=True)

    assert (retry.tries, retry.parked) == (11, False)


def test_a_rate_limit_does_not_count_against_a_record():
    retry = decide(failed(TOO_MANY, tries=11), server_up=True)

    assert (retry.tries, retry.parked) == (11, False)


def test_retry_after_sets_the_wait():
    assert decide(failed(BUSY), server_up=False).after_s == 121


@pytest.mark.parametrize(
    "error",
    [
        errors.BadRequest("no", api="cention", status=400),
        errors.WrongUrl("no such route", api="cention", status=404),
        errors.TooLarge("too large", api="cention", status=200),
        psycopg.DataError(),
    ],
)
def test_a_permanent_failure_parks_at_once(error):
    assert decide(failed(error)).parked


def test_only_the_type_of_an_internal_error_is_stored_as_its_text_may_quote_the_record():
    retry = decide(failed(ValueError("someone@example.com")))

    assert (retry.error, retry.parked) == ("ValueError", False)


@pytest.mark.parametrize(("seconds", "confirmed"), [(29.9, False), (30.0, True)])
def test_a_record_is_gone_after_two_fetches_half_a_minute_apart_do_not_find_it(seconds, confirmed):
    missing = NotFound(
        claimed=claimed(missing_since=NOW - timedelta(seconds=seconds)), fetched_at=NOW
    )

    assert failure_policy.is_confirmed(missing) is confirmed
    assert (decide(missing) is None) is confirmed


def test_a_record_not_found_is_fetched_again_and_is_no_failure():
    retry = decide(NotFound(claimed=claimed(tries=3), fetched_at=NOW))

    assert (retry.not_found, retry.tries, retry.parked) == (True, 3, False)
    assert retry.after_s == 30


@pytest.mark.parametrize(("looks", "again"), [(0, True), (4, True), (5, False)])
def test_an_incomplete_record_is_fetched_again_up_to_the_sixth_fetch(looks, again):
    assert failure_policy.is_incomplete(parsed(is_complete=False, looks=looks)) is again


def test_a_complete_record_is_not_fetched_again():
    assert not failure_policy.is_incomplete(parsed(is_complete=True))


@pytest.mark.parametrize(
    ("error", "is_permanent"),
    [
        (psycopg.errors.NumericValueOutOfRange(), True),
        (psycopg.errors.CheckViolation(), True),
        (psycopg.errors.ProgramLimitExceeded(), True),
        (TypeError(), True),
        (psycopg.errors.DeadlockDetected(), False),
        (psycopg.errors.AdminShutdown(), False),
        (psycopg.errors.DiskFull(), False),
        (psycopg.OperationalError("the connection is closed"), False),
        (psycopg.InterfaceError(), False),
    ],
)
def test_a_database_outage_is_no_permanent_error(error, is_permanent):
    assert permanent_errors.is_permanent(error) is is_permanent
