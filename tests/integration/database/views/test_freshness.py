"""analyst.freshness: only what was looked at lately, and is all here, is called fresh."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from workers.config.names import Family, Mirror
from workers.sync.store import polls, wanted
from workers.sync.store.wanted import Claim, Claimed

POLLED = (Family.ERRAND_REPORTS, Family.FACEBOOK_RATINGS)


def ago(**age):
    return datetime.now(UTC) - timedelta(**age)


@pytest.fixture
def healthy(centre):
    """A centre whose lists were all read and whose callback came and was filed just now."""
    for family in POLLED:
        looked(centre, family, found=0)
    called_back(centre)
    return centre


def looked(centre, family, *, found, error=None, at=None):
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


def called_back(centre, **facts):
    known = {"received_at": ago(seconds=1), "filed_at": ago(seconds=1)} | facts
    body = str(known).encode().ljust(32)[-32:]
    centre.put("intake.callback", workspace="demo", body_sha256=body, document="{}", **known)


def waits(centre, **facts):
    """Put one report on the list of what has to be fetched."""
    known = {"workspace": "demo", "family": "errand_reports", "remote_id": 1}
    centre.put("intake.wanted", **known, **facts)


def landed(centre, family, **facts):
    """Keep one document as it came."""
    known = {"workspace": "demo", "family": family, "remote_id": 1, "document": "{}"}
    centre.put("intake.landed", **known, **facts)


def states(centre):
    found = centre.ask("SELECT family, state FROM analyst.freshness WHERE workspace = 'demo'")
    return {row["family"]: row["state"] for row in found}


def one(centre, family):
    (found,) = centre.ask("SELECT * FROM analyst.freshness WHERE family = %s", family)
    return found


def test_a_workspace_where_nothing_ever_happened_is_not_well(centre):
    assert states(centre) == {
        "errand_reports": "never polled",
        "facebook_ratings": "never polled",
        "callbacks": "never received",
    }


def test_all_is_fresh_when_lists_were_read_lately_and_nothing_waits(healthy):
    assert set(states(healthy).values()) == {"fresh"}
    assert one(healthy, "errand_reports")["reason"] is None


def test_a_list_that_nobody_has_read_for_a_while_is_stalled_though_nothing_waits(centre):
    looked(centre, "errand_reports", found=0, at=ago(minutes=5, seconds=3))

    found = one(centre, "errand_reports")

    assert (found["state"], found["waiting"]) == ("stalled", 0)
    assert "00:05:0" in found["reason"]


def test_looks_that_fail_are_no_looks(healthy):
    healthy.ask("DELETE FROM intake.poll RETURNING poll_id")
    looked(healthy, "errand_reports", found=0, at=ago(minutes=5))
    looked(healthy, "errand_reports", found=None, error="cention: HTTP 500")
    looked(healthy, "facebook_ratings", found=None, error="cention: HTTP 500")

    assert states(healthy)["errand_reports"] == "stalled"
    assert states(healthy)["facebook_ratings"] == "stalled"
    assert one(healthy, "facebook_ratings")["reason"].endswith("never; cention: HTTP 500")


def test_a_look_that_never_ended_is_no_look(centre):
    centre.put("intake.poll", workspace="demo", family="errand_reports", started_at=ago(seconds=1))

    assert states(centre)["errand_reports"] == "never polled"


def test_patience_is_three_intervals_of_the_workspace(healthy):
    healthy.ask("UPDATE cention.workspace SET poll_every_s = 600 RETURNING workspace")
    for family, minutes in (("errand_reports", 29), ("facebook_ratings", 31)):
        healthy.ask("DELETE FROM intake.poll WHERE family = %s RETURNING poll_id", family)
        looked(healthy, family, found=0, at=ago(minutes=minutes))

    assert states(healthy)["errand_reports"] == "fresh"
    assert states(healthy)["facebook_ratings"] == "stalled"


def test_a_record_that_waits_for_minutes_means_behind(healthy):
    wanted.want(healthy.conn, "demo", Family.ERRAND_REPORTS, [1, 2])
    assert states(healthy)["errand_reports"] == "fresh"

    since = ago(minutes=6)
    healthy.ask("UPDATE intake.wanted SET wanted_at = %s WHERE remote_id = 1 RETURNING 1", since)

    found = one(healthy, "errand_reports")
    assert (found["state"], found["waiting"], found["due"]) == ("behind", 2, 2)
    assert found["oldest_waiting_at"] == since


def test_a_record_at_home_whose_last_request_may_still_be_carried_out_is_not_behind(healthy):
    claim = Claim(
        workspace="demo",
        family=Family.ERRAND_REPORTS,
        token=UUID(int=1),
        claimed_at=ago(seconds=1),
        records=(Claimed(remote_id=1, marks=1, tries=1, looks=0, missing_since=None),),
        full=False,
    )
    doubt = {"doubt_until": ago(minutes=-4), "wanted_at": ago(minutes=9)}
    waits(healthy, claim=claim.token, claimed_until=ago(minutes=-5), **doubt)
    assert states(healthy)["errand_reports"] == "behind"

    wanted.settle(healthy.conn, claim, claim.records)

    found = one(healthy, "errand_reports")
    assert (found["state"], found["waiting"], found["due"]) == ("fresh", 1, 0)


def test_a_record_that_keeps_failing_means_behind_between_its_tries_too(healthy):
    waits(healthy, wanted_at=ago(minutes=6), due_at=ago(minutes=-9), tries=7)

    assert states(healthy)["errand_reports"] == "behind"


def test_a_record_that_only_waits_for_its_sla_is_not_behind(healthy):
    waits(healthy, wanted_at=ago(minutes=6), due_at=ago(minutes=-1), looks=3)

    assert states(healthy)["errand_reports"] == "fresh"


def test_records_given_up_mean_incomplete(healthy):
    waits(healthy, wanted_at=ago(days=2), parked_at=ago(days=1))

    found = one(healthy, "errand_reports")
    assert (found["state"], found["parked"]) == ("incomplete", 1)
    assert found["reason"] == "1 parked, 0 unreadable"


def test_documents_that_make_no_sense_mean_incomplete(healthy):
    landed(healthy, "facebook_ratings", fetched_at=ago(days=1), problem="/data: missing")

    assert states(healthy)["facebook_ratings"] == "incomplete"


def test_a_family_that_cention_refuses_is_paused_whatever_else_holds(healthy):
    reason = "errand data: 401"
    polls.pause(healthy.conn, "demo", Family.ERRAND_REPORTS, reason=reason, for_s=20)

    found = one(healthy, "errand_reports")
    assert found["state"] == "paused"
    assert found["reason"] == "Cention refuses it: errand data: 401"
    assert found["paused_since_at"] is not None


def test_attachments_have_no_list_and_are_judged_by_what_waits(healthy):
    wanted.want(healthy.conn, "demo", Family.RESPONSE_ATTACHMENTS, [1270])

    assert states(healthy)["response_attachments"] == "fresh"


def test_a_family_of_which_nothing_waits_any_more_is_still_listed(healthy):
    landed(healthy, "area_archives", fetched_at=ago(hours=1), understood_at=ago(hours=1))

    assert set(states(healthy)) == {*POLLED, "callbacks", "area_archives"}
    assert states(healthy)["area_archives"] == "fresh"


def test_the_last_success_is_the_last_row_written(healthy):
    landed(
        healthy,
        "errand_reports",
        fetched_at=ago(hours=1),
        understood_at=(stored := ago(minutes=59)),
    )

    assert one(healthy, "errand_reports")["last_stored_at"] == stored


def test_callbacks_that_nobody_files_mean_behind(healthy):
    called_back(healthy, received_at=(since := ago(minutes=2)), filed_at=None)

    found = one(healthy, "callbacks")
    assert (found["state"], found["waiting"], found["oldest_waiting_at"]) == ("behind", 1, since)


def test_callbacks_with_problems_mean_incomplete(healthy):
    called_back(healthy, filed_at=None, problem="/data/type: missing")

    found = one(healthy, "callbacks")
    assert (found["state"], found["unreadable"], found["waiting"]) == ("incomplete", 1, 0)


def test_callbacks_are_silent_when_errands_were_answered_since_the_last(centre):
    called_back(centre, received_at=ago(hours=3))
    assert states(centre)["callbacks"] == "fresh"

    centre.report(33, answered_at=ago(hours=1))

    assert states(centre)["callbacks"] == "silent"


def test_a_workspace_that_only_calls_back_is_listed(centre):
    centre.ask("DELETE FROM cention.workspace RETURNING workspace")

    called_back(centre)

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


def test_what_was_reported_and_is_nowhere_is_the_worst_of_all(healthy):
    counted(healthy, stored=5, missing=2)
    counted(healthy, day="2026-01-02", stored=5, missing=1)
    polls.pause(healthy.conn, "demo", Family.ERRAND_REPORTS, reason="401", for_s=20)

    found = one(healthy, "errand_reports")

    assert (found["state"], found["missing"]) == ("missing", 3)
    assert "cention reconcile --repair" in found["reason"]


def test_missing_attachments_are_shown_though_nothing_else_is_known_of_their_family(healthy):
    counted(healthy, family="area_archives", missing=1)

    assert states(healthy)["area_archives"] == "missing"


def test_what_was_never_counted_is_not_called_zero(healthy):
    found = one(healthy, "errand_reports")

    assert (found["state"], found["missing"], found["counted_at"]) == ("fresh", None, None)


def test_where_nobody_counts_for_half_an_hour_is_uncounted(healthy):
    counted(healthy, at=ago(minutes=31, seconds=3), stored=1)
    looked(healthy, "facebook_ratings", found=0, at=ago(minutes=31))

    assert states(healthy)["errand_reports"] == "uncounted"
    assert states(healthy)["facebook_ratings"] == "uncounted"
    assert "00:31:0" in one(healthy, "errand_reports")["reason"]
    assert one(healthy, "facebook_ratings")["reason"].startswith("what Cention reported was never")


def test_what_was_reported_today_is_told_by_the_clock_of_the_workspace(healthy):
    [today] = healthy.ask("SELECT (now() AT TIME ZONE 'Europe/Stockholm')::date AS day")
    counted(healthy, day=today["day"], stored=7)
    counted(healthy, stored=100)

    assert one(healthy, "errand_reports")["reported_today"] == 7


@pytest.fixture
def mirror(healthy):
    """The log of log-ons, renewed every ten minutes since two hours ago."""
    healthy.put(
        "intake.mirror",
        workspace="demo",
        mirror="agent_logons",
        every_s=600,
        since_at=ago(hours=2),
    )
    return healthy


def test_a_picture_is_fresh_while_its_last_renewal_is_within_three_intervals_of_its_own(mirror):
    looked(mirror, "agent_logons", found=5, at=ago(minutes=29))

    found = one(mirror, "agent_logons")

    assert (found["state"], found["reason"], found["waiting"]) == ("fresh", None, 0)
    assert found["last_successful_poll_at"] is not None


def test_a_picture_that_was_not_renewed_for_three_intervals_is_stalled(mirror):
    looked(mirror, "agent_logons", found=5, at=ago(minutes=31, seconds=3))
    looked(mirror, "agent_logons", found=None, error="cention: HTTP 500")

    found = one(mirror, "agent_logons")

    assert found["state"] == "stalled"
    assert found["reason"].startswith("this mirror was last read 00:31:0")
    assert found["reason"].endswith("cention: HTTP 500")


def test_a_picture_that_was_switched_on_lately_is_starting_and_not_yet_fresh(mirror):
    mirror.ask("UPDATE intake.mirror SET since_at = %s RETURNING 1", ago(minutes=20))

    assert states(mirror)["agent_logons"] == "starting"


def test_a_picture_that_nobody_ever_renewed_is_told_after_a_while(mirror):
    assert states(mirror)["agent_logons"] == "never polled"

    looked(mirror, "agent_logons", found=None, error="cention: HTTP 500")
    assert states(mirror)["agent_logons"] == "stalled"


def test_half_an_hour_without_a_first_renewal_is_long_enough_however_long_the_interval(mirror):
    mirror.ask("UPDATE intake.mirror SET every_s = 86400, since_at = %s RETURNING 1", ago(hours=1))

    assert states(mirror)["agent_logons"] == "never polled"


def test_a_picture_that_cention_refuses_is_paused(mirror):
    looked(mirror, "agent_logons", found=5)
    polls.pause(mirror.conn, "demo", Mirror.AGENT_LOGONS, reason="401", for_s=20)

    assert states(mirror)["agent_logons"] == "paused"


def test_a_picture_with_rows_that_make_no_sense_is_incomplete(mirror):
    looked(mirror, "agent_logons", found=5)
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


def test_a_picture_that_was_not_renewed_wholly_is_incomplete_and_says_why(mirror):
    looked(mirror, "agent_logons", found=5, error="one could not be read")

    found = one(mirror, "agent_logons")

    assert (found["state"], found["unreadable"]) == ("incomplete", 0)
    assert found["reason"] == "refreshed, but one could not be read"


def test_a_picture_that_is_switched_off_has_no_row_whatever_it_was_before(mirror):
    looked(mirror, "agent_logons", found=5, at=ago(days=3))
    polls.pause(mirror.conn, "demo", Mirror.LIBRARY, reason="401", for_s=20)
    mirror.ask("DELETE FROM intake.mirror RETURNING 1")

    assert set(states(mirror)) == {*POLLED, "callbacks"}
