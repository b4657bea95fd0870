"""Exports on a schedule: never more of them at Cention than there would be without failures."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import responses

from tests.integration.bridge import Bridge
from tests.support.settings import settings_for
from workers import wiring
from workers.clients.errors import ApiError, IncompleteResponse
from workers.config.names import Mirror
from workers.config.settings import Settings
from workers.mirrors.jobs import exports
from workers.mirrors.jobs.refresh import refresh, refresh_if_due

pytestmark = pytest.mark.usefixtures("one_day")

DAY_S = 86_400
ZONE = ZoneInfo("Europe/Stockholm")


def day(ago: int = 0) -> str:
    return (datetime.now(ZONE) - timedelta(days=ago)).strftime("%Y/%m/%d")


@pytest.fixture
def settings(database, cention) -> Settings:
    chosen = settings_for(database, f"{cention.root}/s/demo")
    [workspace] = chosen.workspaces
    tokens = replace(workspace.tokens, export="sandbox-token")
    workspace = replace(workspace, tokens=tokens, export_preset="316")
    return replace(chosen, workspaces=(workspace,), mirror_every_s={Mirror.EXPORTS: DAY_S})


@pytest.fixture
def plan_of():
    def find(settings):
        [workspace] = settings.workspaces
        found = [
            spec
            for spec in wiring.mirror_specs(settings, workspace)
            if spec.mirror is Mirror.EXPORTS
        ]
        return found[0] if found else None

    return find


@pytest.fixture
def spec(settings, plan_of):
    return plan_of(settings)


@pytest.fixture
def exported_days(cention):
    """The days of the exports that Cention made."""

    def read():
        return [
            (one["errand_from_date"], one["errand_to_date"])
            for one in cention.control("truth/exports").values()
        ]

    return read


def refresh_due(bridge: Bridge, spec) -> int | None:
    result = refresh_if_due(spec, session=bridge.context.session)
    return result.records if result else None


def a_day_later(bridge: Bridge, days: int = 1) -> None:
    for statement in (
        "UPDATE intake.poll SET started_at = started_at - %s * interval '1 day'",
        "UPDATE intake.pause SET until_at = until_at - %s * interval '1 day'",
        "UPDATE cention.export_run SET started_at = started_at - %s * interval '1 day',"
        f" to_day = to_day - {days}",
    ):
        bridge.execute(statement, days)


def states(bridge: Bridge) -> list[str]:
    return [r["state"] for r in bridge.rows("SELECT state FROM cention.export_run ORDER BY run_id")]


@pytest.mark.parametrize(
    "without",
    [
        lambda settings, workspace: replace(settings, mirror_every_s={Mirror.EXPORTS: 0}),
        lambda settings, workspace: replace(
            settings, workspaces=(replace(workspace, export_preset=None),)
        ),
        lambda settings, workspace: replace(
            settings,
            workspaces=(replace(workspace, tokens=replace(workspace.tokens, export=None)),),
        ),
    ],
    ids=["interval", "preset", "token"],
)
def test_without_interval_preset_or_token_there_is_no_schedule(settings, plan_of, without):
    assert plan_of(settings) is not None
    assert plan_of(without(settings, settings.workspaces[0])) is None


def test_the_first_scheduled_export_covers_yesterday_and_today(
    bridge, cention, spec, exported_days, errand
):
    errand()

    assert refresh_due(bridge, spec) == 1

    assert exported_days() == [(day(1), day())]
    [run] = bridge.rows("SELECT * FROM cention.export_run")
    assert (run["origin"], run["state"], run["errands"]) == ("schedule", "done", 1)
    [poll] = bridge.rows("SELECT * FROM intake.poll")
    assert (poll["family"], poll["found"], poll["error"]) == ("exports", 1, None)


def test_no_scheduled_export_runs_before_it_is_due(bridge, spec, exported_days):
    refresh_due(bridge, spec)

    assert refresh_due(bridge, spec) is None
    assert len(exported_days()) == 1


def test_the_next_scheduled_export_begins_with_the_last_day_of_the_previous(
    bridge, spec, exported_days
):
    refresh_due(bridge, spec)
    a_day_later(bridge, 3)

    refresh_due(bridge, spec)

    assert exported_days()[1] == (day(3), day())


def test_after_a_long_outage_scheduled_exports_catch_up_week_by_week(bridge, spec, exported_days):
    refresh_due(bridge, spec)
    a_day_later(bridge, 20)

    refresh_due(bridge, spec)

    assert exported_days()[1] == (day(20), day(14))


def test_another_preset_starts_its_own_schedule(bridge, settings, spec, plan_of, cention):
    refresh_due(bridge, spec)
    a_day_later(bridge, 5)
    [workspace] = settings.workspaces
    other = replace(settings, workspaces=(replace(workspace, export_preset="3"),))

    refresh_due(bridge, plan_of(other))

    last = list(cention.control("truth/exports").values())[-1]
    assert (last["preset"], last["errand_from_date"]) == ("3", day(1))


def test_an_export_whose_answer_is_lost_is_not_repeated_before_the_next_which_covers_its_days(
    bridge, cention, spec, exported_days
):
    cention.control("faults", {"dropped": {"times": 1}})

    results = [refresh_due(bridge, spec) for _ in range(3)]
    assert (results, len(exported_days()), states(bridge)) == ([None] * 3, 1, ["unknown"])
    a_day_later(bridge)
    refresh_due(bridge, spec)

    assert states(bridge) == ["unknown", "done"]
    assert exported_days()[1] == (day(1), day())


@responses.activate
def test_an_export_that_a_gateway_failed_is_not_repeated_before_the_next(bridge, cention, spec):
    request = responses.post(f"{cention.root}/s/demo/capi/json/c3_trigger_exports", status=503)

    results = [refresh_due(bridge, spec) for _ in range(3)]

    assert (results, states(bridge), request.call_count) == ([None] * 3, ["unknown"], 1)


@responses.activate
def test_an_export_without_errands_is_done(bridge, cention, spec):
    responses.post(
        f"{cention.root}/s/demo/capi/json/c3_trigger_exports", status=201, json={"data": None}
    )

    assert (refresh_due(bridge, spec), states(bridge)) == (0, ["done"])


def test_the_reason_for_a_delayed_export_is_shown_as_a_pause(bridge, cention, spec):
    cention.control("faults", {"dropped": {"times": 1}})
    refresh_due(bridge, spec)

    [pause] = bridge.rows("SELECT *, until_at - now() > interval '23 h' AS long FROM intake.pause")
    assert (pause["family"], pause["long"]) == ("exports", True)
    assert re.match(
        r"no export before \d{4}-\d\d-\d\d \d\d:\d\d UTC, because the outcome of the last one is "
        r"unknown \(cention: incomplete response",
        pause["reason"],
    )


def test_a_command_that_runs_the_export_lets_the_schedule_go_on(bridge, cention, spec, settings):
    cention.control("faults", {"dropped": {"times": 1}})
    refresh_due(bridge, spec)
    [workspace] = settings.workspaces
    context = exports.ExportContext(
        workspace="demo",
        zone=ZONE,
        request=wiring.exports_api(settings, workspace).run,
        session=bridge.context.session,
        scheduled_preset="316",
    )
    order = exports.ExportOrder(preset_id="316", from_day=None, to_day=None)

    exports.run(context, order, origin="command")

    assert bridge.rows("SELECT * FROM intake.pause") == []
    bridge.advance_time(61)
    assert refresh_due(bridge, spec) is not None
    assert states(bridge) == ["unknown", "done", "done"]


def test_an_export_whose_process_died_is_unknown_and_not_repeated_before_the_next(
    bridge, spec, settings, exported_days
):
    """A task killed by its time limit loses its connection, and with it its lock."""

    class Killed(BaseException):
        pass

    def die(order):
        raise Killed

    context = exports.ExportContext(
        workspace="demo", zone=ZONE, request=die, session=bridge.context.session
    )
    schedule = exports.Schedule(
        preset_id="316", every_s=DAY_S, today=lambda: datetime.now(ZONE).date()
    )
    with suppress(Killed):
        exports.run_scheduled(context, schedule)
    assert states(bridge) == ["running"]

    with pytest.raises(IncompleteResponse, match="outcome of the last export is unknown"):
        refresh(spec, session=bridge.context.session)
    assert refresh_due(bridge, spec) is None

    assert (states(bridge), exported_days()) == (["unknown"], [])
    a_day_later(bridge)
    assert refresh_due(bridge, spec) == 0
    assert states(bridge) == ["unknown", "done"]


def test_a_running_export_is_not_marked_abandoned(bridge, spec, cention):
    seen = []

    def request(order):
        exports.mark_abandoned(bridge.context.session, "demo")
        seen.extend(states(bridge))
        raise IncompleteResponse("x", api="cention")

    context = exports.ExportContext(
        workspace="demo", zone=ZONE, request=request, session=bridge.context.session
    )
    order = exports.ExportOrder(preset_id="316", from_day=None, to_day=None)
    with suppress(ApiError):
        exports.run(context, order, origin="command")

    assert seen == ["running"]


def test_an_export_that_was_certainly_not_made_is_retried_soon(
    bridge, cention, spec, exported_days
):
    cention.control("faults", {"busy": {"times": 2, "seconds": 0}})
    results = []
    for _ in range(3):
        results.append(refresh_due(bridge, spec))
        bridge.advance_time(61)

    assert results == [None, None, 0]
    assert states(bridge) == ["refused", "refused", "done"]
    assert len(exported_days()) == 1


def test_unreadable_errands_are_reported_with_the_stored_ones(bridge, document):
    answer = document("export_of_one")
    answer["data"]["attributes"]["content"] = [{"errand_id": "7"}, {"errand_id": "seven"}]
    context = exports.ExportContext(
        workspace="demo", zone=ZONE, request=lambda order: answer, session=bridge.context.session
    )
    today = datetime.now(ZONE).date()
    schedule = exports.Schedule(preset_id="316", every_s=DAY_S, today=lambda: today)

    result = exports.run_scheduled(context, schedule)

    assert result.records == 2
    assert result.problem == "1 of the errands of run 1 could not be read completely"


def test_a_refused_export_is_not_retried_for_an_hour(bridge, cention, settings, plan_of):
    """Otherwise a deleted preset would be requested every minute, for ever."""
    [workspace] = settings.workspaces
    wrong = plan_of(replace(settings, workspaces=(replace(workspace, export_preset="7"),)))

    for _ in range(3):
        refresh_due(bridge, wrong)
    [pause] = bridge.rows("SELECT until_at - now() AS lasts, reason FROM intake.pause")

    assert states(bridge) == ["refused"]
    assert timedelta(minutes=59) < pause["lasts"] <= timedelta(hours=1)
    assert "no such export" in pause["reason"]


def test_a_scheduled_export_waits_no_longer_than_a_lease_so_that_its_task_is_not_killed(
    bridge, cention, settings, plan_of
):
    cention.control("faults", {"latency": {"seconds": 4}})
    hasty = plan_of(replace(settings, lease_s=1, export_timeout_s=600))

    refresh_due(bridge, hasty)

    [run] = bridge.rows("SELECT state, ended_at - started_at AS took FROM cention.export_run")
    assert run["state"] == "unknown"
    assert run["took"] < timedelta(seconds=3)


def test_errands_are_stored_even_if_the_connection_was_cut_meanwhile(
    bridge, spec, cention, settings, errand
):
    errand()
    [workspace] = settings.workspaces
    api = wiring.exports_api(settings, workspace)

    def request(order):
        answer = api.run(order)
        bridge.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE pid <> pg_backend_pid() AND datname = current_database()"
        )
        return answer

    context = exports.ExportContext(
        workspace="demo", zone=ZONE, request=request, session=bridge.context.session
    )
    order = exports.ExportOrder(preset_id="316", from_day=None, to_day=None)
    with suppress(Exception):  # the lock ended with its connection
        exports.run(context, order, origin="command")

    assert states(bridge) == ["done"]
    assert bridge.rows("SELECT count(*) AS n FROM cention.exported_errand") == [{"n": 1}]


def test_an_export_marked_unknown_too_early_is_done_once_its_errands_are_stored(bridge, document):
    answer = document("export_of_one")

    def request(order):
        bridge.execute("UPDATE cention.export_run SET state = 'unknown', error = 'given up'")
        return answer

    context = exports.ExportContext(
        workspace="demo", zone=ZONE, request=request, session=bridge.context.session
    )
    order = exports.ExportOrder(preset_id="316", from_day=None, to_day=None)
    exports.run(context, order, origin="command")

    [run] = bridge.rows("SELECT * FROM cention.export_run")
    assert (run["state"], run["error"], run["export_id"]) == ("done", None, 71)


def test_every_column_has_the_value_of_the_document(bridge, document):
    answer = document("export_of_one")
    content = answer["data"]["attributes"]["content"]
    answer["data"]["attributes"]["content"] = [
        content,
        {**content, "errand_id": "E-1", "language": "sv", "question": "a\x00"},
        "odd",
    ]
    context = exports.ExportContext(
        workspace="demo", zone=ZONE, request=lambda order: answer, session=bridge.context.session
    )
    order = exports.ExportOrder(preset_id="316", from_day=None, to_day=None)

    ran = exports.run(context, order, origin="command")

    first, second, third = bridge.rows("SELECT * FROM cention.exported_errand ORDER BY position")
    for name, value in content.items():
        column = name.replace("satisfaction_meter_answer_", "satisfaction_")
        assert first[column] == (value or None)
    assert (first["document"], first["problem"]) == (None, None)
    assert (second["errand_id"], second["document"]["language"]) == (None, "sv")
    assert second["question"] == "a\ufffd"
    assert third["document"] == "odd"
    assert (ran.errands, ran.unreadable, ran.errand_ids) == (3, 2, frozenset({4711}))
