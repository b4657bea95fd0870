"""From changes in the sandbox through all processes of the bridge to analyst.errand_event."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from itertools import groupby

import psycopg

from tests.acceptance.comparison import SandboxControl
from tests.acceptance.running_bridge import SECRETS, Run, empty_folder, running_bridge
from tests.support.eventually import eventually

# What the log of Cention says of each change.
STEPS = {
    "assign": "assigned",
    "move": "transferred",
    "answer": "answered",
    "close": "closed",
    "reopen": "reopened",
    "close again": "closed",
}
SECOND = timedelta(seconds=1)  # the log of an errand has whole seconds
Event = tuple[str, datetime, datetime | None]  # kind, time, the fetch before


def events(run: Run, errand_id: int) -> dict[str, list[Event]]:
    """Return the events of an errand by source, oldest first."""
    found = defaultdict(list)
    with psycopg.connect(run.addresses()["DATABASE_URL"]) as conn:
        rows = conn.execute(
            "SELECT source, kind, happened_at, after_at FROM analyst.errand_event"
            " WHERE errand_id = %s ORDER BY happened_at, action_id, kind",
            (errand_id,),
        )
        for source, *event in rows:
            found[source].append(tuple(event))
    return found


def kinds(run: Run, errand_id: int, source: str) -> list[str]:
    """Return the kinds of the events of one source, oldest first."""
    return [kind for kind, _, _ in events(run, errand_id)[source]]


def changes(step: str, *, agent_before: int, agent_after: int) -> list[str]:
    """Return what a fetch finds different after a step; agent 0 is nobody.

    Whoever answers an errand of nobody gets it.
    """
    agent = {True: "assigned", False: "unassigned"}[bool(agent_after)]
    others = [STEPS[step]] if step != "assign" else []
    return sorted([*others, *([agent] if agent_after != agent_before else [])])


def activity(run: Run, family: str) -> tuple[int, int, bool]:
    """Return the callbacks and the stored records of all minutes, and whether waits are known."""
    with psycopg.connect(run.addresses()["DATABASE_URL"]) as conn:
        [row] = conn.execute(
            "SELECT coalesce(sum(callbacks), 0), coalesce(sum(stored), 0),"
            " count(oldest_wait_s) > 0 FROM intake.activity_minute WHERE family = %s",
            (family,),
        ).fetchall()
        return row


def test_each_step_of_an_errand_is_an_event_with_its_time():
    with empty_folder() as folder, running_bridge(folder, **SECRETS) as run:
        sandbox = SandboxControl(root=run.addresses()["CENTION_URL"].removesuffix("/s/sandbox"))
        sandbox.post("quiet")
        began = datetime.now(UTC)
        [errand_id] = sandbox.post("errands", {"count": 1, "actions": 1})["ids"]
        assert eventually(lambda: kinds(run, errand_id, "action") == ["arrived"], within_s=90)

        agent_id, expected = sandbox.get("truth")["errands"][str(errand_id)]["agent_id"], []
        for step in STEPS:
            body = {"kind": step.partition(" ")[0]}
            now = sandbox.post(f"errands/{errand_id}/change", body)["agent_id"]
            expected.append(changes(step, agent_before=agent_id, agent_after=now))
            agent_id = now
            so_far = [kind for one in expected for kind in one]
            assert eventually(lambda: kinds(run, errand_id, "version") == so_far, within_s=90)  # noqa: B023
        assert eventually(lambda: kinds(run, errand_id, "callback") == ["answered"], within_s=90)

        found, ended = events(run, errand_id), datetime.now(UTC)
        assert kinds(run, errand_id, "action") == ["arrived", *STEPS.values()]
        assert {kind for kind, _, _ in found["report"]} >= {"arrived", "answered"}
        versions = [
            (times, [kind for kind, *_ in together])
            for times, together in groupby(found["version"], lambda event: event[1:])
        ]
        steps = zip(found["action"][1:], versions, expected, strict=True)
        for (_, at, _), ((fetched_at, after_at), seen), found_different in steps:
            assert seen == found_different
            assert began - SECOND <= after_at - SECOND <= at <= fetched_at <= ended

        fetched = activity(run, "errand_reports")
        assert fetched[0] == 0
        assert fetched[1] > len(STEPS)
        received, filed, _ = activity(run, "callbacks")
        assert received >= filed > 0
        assert eventually(lambda: activity(run, "errand_reports")[2], within_s=90)
        assert eventually(lambda: activity(run, "callbacks")[2], within_s=90)
