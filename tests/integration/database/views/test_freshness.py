"""analyst.freshness: fresh means polled recently, and completely stored."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from workers.analytics.store import metrics_problems, metrics_progress
from workers.config.names import Family, Mirror
from workers.mirrors.jobs.exports import NO_EXPORT
from workers.sync.store import polls, wanted
from workers.sync.store.wanted import Claim, Claimed

POLLED = (Family.ERRAND_REPORTS, Family.FACEBOOK_RATINGS)


def ago(**age):
    return datetime.now(UTC) - timedelta(**age)


@pytest.fixture
def healthy_centre(centre):
    """A centre whose lists were just read and whose callback was just received and filed."""
    for family in POLLED:
        polled(centre, family, found=0)
    received_callback(centre)
    return centre


def polled(centre, family, *, found, error=None, at=None):
    at = at or ago(seconds=1)
    centre.put(
        "intake.poll",
        workspace="demo",
        family=family,
        started_at=at,
        ended_at=at,
        found=found,
        error=error,
    )


def received_callback(centre, **facts):
    known = {"received_at": ago(seconds=1), "filed_at": ago(seconds=1)} | facts
    body = str(known).encode().ljust(32)[-32:]
    centre.put("intake.callback", workspace="demo", body_sha256=body, document="{}", **known)


def waits(centre, **facts):
    """Put one report on the list of wanted records."""
    known = {"workspace": "demo", "family": "errand_reports", "remote_id": 1}
    centre.put("intake.wanted", **known, **facts)


def landed(centre, family, **facts):
    """Store one document as received."""
    known = {"workspace": "demo", "family": family, "remote_id": 1, "document": "{}"}
    centre.put("intake.landed", **known, **facts)


def states(centre):
    found = centre.query("SELECT family, state FROM analyst.freshness WHERE workspace = 'demo'")
    return {row["family"]: row["state"] for row in found}


def one(centre, family):
    (found,) = centre.query("SELECT * FROM analyst.freshness WHERE family = %s", family)
    return found


def test_a_workspace_without_any_activity_is_not_fresh(centre):
    assert states(centre) == {
        "errand_reports": "never polled",
        "facebook_ratings": "never polled",
        "callbacks": "never received",
        "figures": "fresh",
    }


def test_everything_is_fresh_when_lists_were_read_recently_and_nothing_waits(healthy_centre):
    assert set(states(healthy_centre).values()) == {"fresh"}
    assert one(healthy_centre, "errand_reports")["reason"] is None


def test_a_list_that_was_not_read_for_a_while_is_stalled_even_if_nothing_waits(centre):
    polled(centre, "errand_reports", found=0, at=ago(minutes=5, seconds=3))

    found = one(centre, "errand_reports")

    assert (found["state"], found["waiting"]) == ("stalled", 0)
    assert "00:05:" in found["reason"]


def test_failed_polls_do_not_count(healthy_centre):
    healthy_centre.query("DELETE FROM intake.poll RETURNING poll_id")
    polled(healthy_centre, "errand_reports", found=0, at=ago(minutes=5))
    polled(healthy_centre, "errand_reports", found=None, error="cention: HTTP 500")
    polled(healthy_centre, "facebook_ratings", found=None, error="cention: HTTP 500")

    assert states(healthy_centre)["errand_reports"] == "stalled"
    assert states(healthy_centre)["facebook_ratings"] == "stalled"
    assert one(healthy_centre, "facebook_ratings")["reason"].endswith("never; cention: HTTP 500")


def test_a_poll_that_never_ended_does_not_count(centre):
    centre.put("intake.poll", workspace="demo", family="errand_reports", started_at=ago(seconds=1))

    assert states(centre)["errand_reports"] == "never polled"


def test_a_list_is_stalled_after_three_intervals_of_the_workspace(healthy_centre):
    healthy_centre.query("UPDATE cention.workspace SET poll_every_s = 600 RETURNING workspace")
    for family, minutes in (("errand_reports", 29), ("facebook_ratings", 31)):
        healthy_centre.query("DELETE FROM intake.poll WHERE family = %s RETURNING poll_id", family)
        polled(healthy_centre, family, found=0, at=ago(minutes=minutes))

    assert states(healthy_centre)["errand_reports"] == "fresh"
    assert states(healthy_centre)["facebook_ratings"] == "stalled"


def test_a_record_that_waits_for_minutes_means_behind(healthy_centre):
    wanted.want(healthy_centre.conn, "demo", Family.ERRAND_REPORTS, [1, 2])
    assert states(healthy_centre)["errand_reports"] == "fresh"

    since = ago(minutes=6)
    healthy_centre.query(
        "UPDATE intake.wanted SET wanted_at = %s WHERE remote_id = 1 RETURNING 1", since
    )

    found = one(healthy_centre, "errand_reports")
    assert (found["state"], found["waiting"], found["due"]) == ("behind", 2, 2)
    assert found["oldest_waiting_at"] == since


def test_a_stored_record_whose_last_request_may_still_be_in_flight_is_not_behind(healthy_centre):
    claim = Claim(
        workspace="demo",
        family=Family.ERRAND_REPORTS,
        token=UUID(int=1),
        claimed_at=ago(seconds=1),
        records=(Claimed(remote_id=1, marks=1, tries=1, looks=0, missing_since=None),),
        full=False,
    )
    doubt = {"doubt_until": ago(minutes=-4), "wanted_at": ago(minutes=9)}
    waits(healthy_centre, claim=claim.token, claimed_until=ago(minutes=-5), **doubt)
    assert states(healthy_centre)["errand_reports"] == "behind"

    wanted.settle(healthy_centre.conn, claim, claim.records)

    found = one(healthy_centre, "errand_reports")
    assert (found["state"], found["waiting"], found["due"]) == ("fresh", 1, 0)


def test_a_record_that_keeps_failing_means_behind_also_between_retries(healthy_centre):
    waits(healthy_centre, wanted_at=ago(minutes=6), due_at=ago(minutes=-9), tries=7)

    assert states(healthy_centre)["errand_reports"] == "behind"


def test_a_record_that_only_waits_for_its_sla_is_not_behind(healthy_centre):
    waits(healthy_centre, wanted_at=ago(minutes=6), due_at=ago(minutes=-1), looks=3)

    assert states(healthy_centre)["errand_reports"] == "fresh"


def test_parked_records_mean_incomplete(healthy_centre):
    waits(healthy_centre, wanted_at=ago(days=2), parked_at=ago(days=1))

    found = one(healthy_centre, "errand_reports")
    assert (found["state"], found["parked"]) == ("incomplete", 1)
    assert found["reason"] == "1 parked, 0 unreadable"


def test_unreadable_documents_mean_incomplete(healthy_centre):
    landed(healthy_centre, "facebook_ratings", fetched_at=ago(days=1), problem="/data: missing")

    assert states(healthy_centre)["facebook_ratings"] == "incomplete"


def test_a_family_that_cention_refuses_is_paused_in_any_state(healthy_centre):
    reason = "errand data: 401"
    polls.pause(healthy_centre.conn, "demo", Family.ERRAND_REPORTS, reason=reason, for_s=20)

    found = one(healthy_centre, "errand_reports")
    assert found["state"] == "paused"
    assert found["reason"] == "Cention refuses it: errand data: 401"
    assert found["paused_since_at"] is not None


def test_attachments_have_no_list_and_are_judged_by_waiting_records(healthy_centre):
    wanted.want(healthy_centre.conn, "demo", Family.RESPONSE_ATTACHMENTS, [1270])

    assert states(healthy_centre)["response_attachments"] == "fresh"


def test_a_family_without_waiting_records_is_still_listed(healthy_centre):
    landed(healthy_centre, "area_archives", fetched_at=ago(hours=1), understood_at=ago(hours=1))

    assert set(states(healthy_centre)) == {*POLLED, "callbacks", "figures", "area_archives"}
    assert states(healthy_centre)["area_archives"] == "fresh"


def test_figures_are_behind_when_a_change_has_waited_for_five_minutes(healthy_centre):
    healthy_centre.query("DELETE FROM intake.metrics_due RETURNING 1")
    healthy_centre.query(
        "INSERT INTO intake.metrics_due (workspace, kind, record_id, marked_at)"
        " VALUES ('demo', 'errand', 1, %s) RETURNING 1",
        ago(minutes=5, seconds=1),
    )

    assert states(healthy_centre)["figures"] == "behind"


def test_figures_are_incomplete_while_an_errand_is_set_aside(healthy_centre):
    metrics_problems.set_aside(healthy_centre.conn, "demo", 1, "cannot be computed")

    found = one(healthy_centre, "figures")
    assert (found["state"], found["unreadable"]) == ("incomplete", 1)
    assert found["reason"] == "the figures of 1 errand could not be computed"
    metrics_problems.set_aside(healthy_centre.conn, "demo", 2, "cannot be computed")
    reason = one(healthy_centre, "figures")["reason"]
    assert reason == "the figures of 2 errands could not be computed"


def test_while_all_figures_are_computed_again_they_are_computing(healthy_centre):
    metrics_progress.begin(healthy_centre.conn, "demo")
    metrics_problems.set_aside(healthy_centre.conn, "demo", 1, "cannot be computed")

    found = one(healthy_centre, "figures")

    assert found["state"] == "computing"
    assert found["reason"] == "all figures are being computed again: some are missing or old"


def test_figures_of_errands_that_were_never_computed_are_computing(healthy_centre):
    assert states(healthy_centre)["figures"] == "fresh"
    healthy_centre.put("cention.errand", workspace="demo", errand_id=1, fetched_at=ago(hours=1))
    healthy_centre.query("DELETE FROM intake.metrics_due RETURNING 1")

    assert states(healthy_centre)["figures"] == "computing"


def test_the_last_success_is_the_last_row_written(healthy_centre):
    landed(
        healthy_centre,
        "errand_reports",
        fetched_at=ago(hours=1),
        understood_at=(stored := ago(minutes=59)),
    )

    assert one(healthy_centre, "errand_reports")["last_stored_at"] == stored


def test_unfiled_callbacks_mean_behind(healthy_centre):
    received_callback(healthy_centre, received_at=(since := ago(minutes=2)), filed_at=None)

    found = one(healthy_centre, "callbacks")
    assert (found["state"], found["waiting"], found["oldest_waiting_at"]) == ("behind", 1, since)


def test_callbacks_with_problems_mean_incomplete(healthy_centre):
    received_callback(healthy_centre, filed_at=None, problem="/data/type: missing")

    found = one(healthy_centre, "callbacks")
    assert (found["state"], found["unreadable"], found["waiting"]) == ("incomplete", 1, 0)


def test_callbacks_are_silent_when_errands_were_answered_since_the_last(centre):
    received_callback(centre, received_at=ago(hours=3))
    assert states(centre)["callbacks"] == "fresh"

    centre.report(33, answered_at=ago(hours=1))

    assert states(centre)["callbacks"] == "silent"


def test_an_errand_answered_in_the_future_does_not_make_callbacks_silent(centre):
    """Dates of reports have no time zone, and may be wrong by hours."""
    received_callback(centre, received_at=ago(hours=3))

    centre.report(33, answered_at=ago(hours=-3))

    assert states(centre)["callbacks"] == "fresh"


def test_a_workspace_with_callbacks_only_is_listed(centre):
    centre.query("DELETE FROM cention.workspace RETURNING workspace")

    received_callback(centre)

    assert states(centre) == {"callbacks": "fresh"}


def counted(centre, *, at=None, family="errand_reports", day="2026-01-01", **counts):
    known = {"stored": 0, "pending": 0, "parked": 0, "unreadable": 0, "gone": 0, "missing": 0}
    known |= counts
    centre.put(
        "intake.completeness",
        workspace="demo",
        family=family,
        day=day,
        reported=sum(known.values()),
        checked_at=at or ago(minutes=1),
        **known,
    )


def test_missing_records_are_the_worst_state(healthy_centre):
    counted(healthy_centre, stored=5, missing=2)
    counted(healthy_centre, day="2026-01-02", stored=5, missing=1)
    polls.pause(healthy_centre.conn, "demo", Family.ERRAND_REPORTS, reason="401", for_s=20)

    found = one(healthy_centre, "errand_reports")

    assert (found["state"], found["missing"]) == ("missing", 3)
    assert "cention reconcile --repair" in found["reason"]


def test_missing_attachments_are_shown_without_any_other_record_of_their_family(healthy_centre):
    counted(healthy_centre, family="area_archives", missing=1)

    assert states(healthy_centre)["area_archives"] == "missing"


def test_counts_are_null_before_the_first_reconciliation(healthy_centre):
    found = one(healthy_centre, "errand_reports")

    assert (found["state"], found["missing"], found["counted_at"]) == ("fresh", None, None)


def test_a_family_without_reconciliation_for_half_an_hour_is_uncounted(healthy_centre):
    counted(healthy_centre, at=ago(minutes=31, seconds=3), stored=1)
    polled(healthy_centre, "facebook_ratings", found=0, at=ago(minutes=31))

    assert states(healthy_centre)["errand_reports"] == "uncounted"
    assert states(healthy_centre)["facebook_ratings"] == "uncounted"
    assert "00:31:" in one(healthy_centre, "errand_reports")["reason"]
    assert one(healthy_centre, "facebook_ratings")["reason"].startswith(
        "what Cention reported was never"
    )


@pytest.mark.usefixtures("one_day")
def test_reported_today_is_counted_in_the_workspaces_time_zone(healthy_centre):
    [today] = healthy_centre.query("SELECT (now() AT TIME ZONE 'Europe/Stockholm')::date AS day")
    counted(healthy_centre, day=today["day"], stored=7)
    counted(healthy_centre, stored=100)

    assert one(healthy_centre, "errand_reports")["reported_today"] == 7


@pytest.fixture
def mirror(healthy_centre):
    """The log of log-ons, refreshed every ten minutes since two hours ago."""
    healthy_centre.put(
        "intake.mirror",
        workspace="demo",
        mirror="agent_logons",
        every_s=600,
        since_at=ago(hours=2),
    )
    return healthy_centre


def test_a_mirror_is_fresh_within_three_intervals_of_its_last_refresh(mirror):
    polled(mirror, "agent_logons", found=5, at=ago(minutes=29))

    found = one(mirror, "agent_logons")

    assert (found["state"], found["reason"], found["waiting"]) == ("fresh", None, 0)
    assert found["last_successful_poll_at"] is not None


def test_a_mirror_that_was_not_refreshed_for_three_intervals_is_stalled(mirror):
    polled(mirror, "agent_logons", found=5, at=ago(minutes=31, seconds=3))
    polled(mirror, "agent_logons", found=None, error="cention: HTTP 500")

    found = one(mirror, "agent_logons")

    assert found["state"] == "stalled"
    assert found["reason"].startswith("this mirror was last read 00:31:")
    assert found["reason"].endswith("cention: HTTP 500")


def test_a_mirror_that_was_switched_on_recently_is_starting(mirror):
    mirror.query("UPDATE intake.mirror SET since_at = %s RETURNING 1", ago(minutes=20))

    assert states(mirror)["agent_logons"] == "starting"


def test_a_mirror_that_was_never_refreshed_is_never_polled_after_a_while(mirror):
    assert states(mirror)["agent_logons"] == "never polled"

    polled(mirror, "agent_logons", found=None, error="cention: HTTP 500")
    assert states(mirror)["agent_logons"] == "stalled"


def test_half_an_hour_without_a_first_refresh_is_late_at_any_interval(mirror):
    mirror.query(
        "UPDATE intake.mirror SET every_s = 86400, since_at = %s RETURNING 1", ago(hours=1)
    )

    assert states(mirror)["agent_logons"] == "never polled"


def test_a_mirror_that_cention_refuses_is_paused(mirror):
    polled(mirror, "agent_logons", found=5)
    polls.pause(mirror.conn, "demo", Mirror.AGENT_LOGONS, reason="401", for_s=20)

    assert states(mirror)["agent_logons"] == "paused"


def test_exports_paused_after_an_unknown_outcome_are_not_reported_as_refused(mirror):
    mirror.put(
        "intake.mirror", workspace="demo", mirror="exports", every_s=86_400, since_at=ago(hours=2)
    )
    reason = f"{NO_EXPORT} before 2026-11-27 14:20 UTC, because the outcome is unknown"
    polls.pause(mirror.conn, "demo", Mirror.EXPORTS, reason=reason, for_s=20)

    found = one(mirror, "exports")

    assert (found["state"], found["reason"]) == ("paused", reason)


def test_a_mirror_with_unreadable_rows_is_incomplete(mirror):
    polled(mirror, "agent_logons", found=5)
    mirror.put(
        "intake.odd_logon",
        workspace="demo",
        row_sha256=bytes(32),
        row='["x"]',
        problem="has 1 columns and not 4",
        first_seen_at=ago(hours=1),
        last_seen_at=ago(hours=1),
    )

    found = one(mirror, "agent_logons")

    assert (found["state"], found["unreadable"]) == ("incomplete", 1)


def test_a_mirror_refreshed_only_in_part_is_incomplete_and_says_why(mirror):
    polled(mirror, "agent_logons", found=5, error="one could not be read")

    found = one(mirror, "agent_logons")

    assert (found["state"], found["unreadable"]) == ("incomplete", 0)
    assert found["reason"] == "refreshed, but one could not be read"


def test_a_mirror_that_is_switched_off_has_no_row(mirror):
    polled(mirror, "agent_logons", found=5, at=ago(days=3))
    polls.pause(mirror.conn, "demo", Mirror.LIBRARY, reason="401", for_s=20)
    mirror.query("DELETE FROM intake.mirror RETURNING 1")

    assert set(states(mirror)) == {*POLLED, "callbacks", "figures"}
