"""Compares the history of errands in the database with what the sandbox has answered about them.

A trigger in the database of the campaign records each fetch in the transaction that stores it. So
it is known which answers the bridge has stored, and a process that was killed before it did so is
told apart from one that has left a version out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, LiteralString

import psycopg
from psycopg.rows import dict_row

from tests.acceptance.comparison import SandboxControl
from workers.sync.store.errand_versions import FETCHES_KEPT

# What was fetched before the trigger existed is taken from the history; the sandbox knows it too.
RECORD: LiteralString = """
    CREATE SCHEMA chaos;
    CREATE TABLE chaos.fetch (
        errand_id bigint, fetched_at timestamptz, gone boolean, sla_pending boolean, version integer
    );
    CREATE FUNCTION chaos.record_fetch() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            INSERT INTO chaos.fetch VALUES (
                NEW.errand_id, NEW.fetched_at, NEW.gone_at IS NOT NULL, NEW.sla_pending,
                substring(NEW.subject FROM '[[]([0-9]+)[]]$')::integer
            );
            RETURN NEW;
        END
    $$;
    CREATE TRIGGER record_fetch BEFORE INSERT ON cention.errand
        FOR EACH ROW EXECUTE FUNCTION chaos.record_fetch();
    INSERT INTO chaos.fetch
    SELECT errand_id, f.fetched_at, f.missing & 4 <> 0, f.missing & 1 <> 0, NULL
    FROM cention.errand_version, unnest(fetch_times, missing_parts) AS f (fetched_at, missing)
"""
FETCHES: LiteralString = "SELECT * FROM chaos.fetch ORDER BY errand_id, fetched_at"
VERSIONS: LiteralString = "SELECT * FROM cention.errand_version ORDER BY errand_id, valid_from"
PRESENT: LiteralString = """
    SELECT e.*, e.gone_at IS NOT NULL AS gone,
           ARRAY(SELECT tag_id FROM cention.errand_tag AS t
                 WHERE (t.workspace, t.errand_id) = (e.workspace, e.errand_id)
                 ORDER BY 1) AS tag_ids
    FROM cention.errand AS e
"""
WANTED: LiteralString = "SELECT remote_id FROM intake.wanted WHERE family = 'errand_reports'"
COLUMNS = (
    *("status_code", "area_id", "agent_id", "priority", "service_id", "organisation_id"),
    *("closed", "answered", "deleted", "tag_ids", "handling_time_s", "within_sla"),
)
CLOCKS_S = 0.5  # the bridge takes its time from the database, before it sends the request

Row = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """The result of a comparison."""

    differences: list[str] = field(default_factory=list)
    stored: int = 0  # fetches
    versions: int = 0
    repeated: int = 0  # answers that were sent whole, not stored, and asked for again


@dataclass(frozen=True, slots=True, kw_only=True)
class _Database:
    """What one snapshot of the database has, by errand."""

    fetches: Mapping[int, Sequence[Row]]
    versions: Mapping[int, Sequence[Row]]
    present: Mapping[int, Row]
    wanted: frozenset[int]


def record_fetches(database_url: str) -> None:
    """Record from now on what the bridge stores of each fetch of an errand."""
    with psycopg.connect(database_url) as conn:
        conn.execute(RECORD)


def compare(sandbox: SandboxControl, database_url: str) -> History:
    """Compare every errand; the database first, so that the sandbox knows all that is in it."""
    database = _read(database_url)
    answers = {int(id_): made for id_, made in sandbox.get("truth/fetches").items()}
    differences, repeated = [], 0
    for errand_id in sorted(database.fetches.keys() | database.versions.keys()):
        fetches = database.fetches.get(errand_id, ())
        stored, unstored, unknown = _stored_answers(fetches, answers.get(errand_id, []))
        repeated += len(unstored)
        found = database.versions.get(errand_id, [])
        present = database.present.get(errand_id)
        lines = [
            *unknown,
            *_forgotten(stored, unstored, wanted=errand_id in database.wanted),
            *_compared(found, expected_versions(stored)),
            *_unlike_present(found, present),
        ]
        differences += [f"history of errand {errand_id}: {line}" for line in lines]
    return History(
        differences=differences,
        stored=sum(map(len, database.fetches.values())),
        versions=sum(map(len, database.versions.values())),
        repeated=repeated,
    )


def _read(database_url: str) -> _Database:
    with psycopg.connect(database_url, row_factory=dict_row) as conn:
        conn.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        return _Database(
            fetches=_by_errand(conn.execute(FETCHES)),
            versions=_by_errand(conn.execute(VERSIONS)),
            present={row["errand_id"]: row for row in conn.execute(PRESENT)},
            wanted=frozenset(row["remote_id"] for row in conn.execute(WANTED)),
        )


def _by_errand(rows: Iterable[Row]) -> Mapping[int, Sequence[Row]]:
    found = defaultdict(list)
    for row in rows:
        found[row["errand_id"]].append(row)
    return found


def _stored_answers(
    fetches: Sequence[Row], answers: Sequence[Row]
) -> tuple[list[tuple[datetime, Row]], list[Row], list[str]]:
    """Return the answers that were stored with the time of each fetch, those sent whole that were
    not, and a line for each fetch that was stored twice or is no answer."""
    stored: list[tuple[datetime, Row]] = []
    lines: list[str] = []
    left = list(answers)
    unstored: list[Row] = []
    for fetch in fetches:
        if stored and stored[-1][0] == fetch["fetched_at"]:
            lines.append(f"the fetch of {fetch['fetched_at']} is stored twice")
            continue
        number = next((n for n, one in enumerate(left) if _may_be(fetch, one)), None)
        if number is None:
            lines.append(f"Cention has not answered what is stored: {fetch}")
            continue
        unstored += left[:number]
        stored.append((fetch["fetched_at"], left[number]))
        del left[: number + 1]
    unstored += left
    return stored, [one for one in unstored if one["delivery"]["sent"] == "whole"], lines


def _may_be(fetch: Row, answer: Row) -> bool:
    report = answer["report"]
    return (
        answer["delivery"]["sent"] != "damaged"
        and answer["at"] >= fetch["fetched_at"].timestamp() - CLOCKS_S
        and fetch["version"] in (None, answer["version"])
        and fetch["gone"] == (report is None)
        and (report is None or fetch["sla_pending"] == (report["handling_time"] is None))
    )


def _forgotten(
    stored: Sequence[tuple[datetime, Row]], unstored: Sequence[Row], *, wanted: bool
) -> Iterator[str]:
    """What a killed process had fetched is fetched again, so the newest answer is stored."""
    newest = max((answer["at"] for _, answer in stored), default=0.0)
    if not wanted and any(one["at"] > newest for one in unstored):
        yield "the newest answer is not stored, and the errand is not wanted"


def expected_versions(fetches: Sequence[tuple[datetime, Row]]) -> list[Row]:
    """Compute the versions slowly and plainly from the answers in the order of their fetches."""
    versions: list[Row] = []
    now: Row = dict.fromkeys(COLUMNS)
    for fetched_at, answer in fetches:
        report = answer["report"]
        now = now | _reported(report)
        content = now | {"state": _state(report)}
        if versions and all(versions[-1][name] == value for name, value in content.items()):
            versions[-1]["fetched_at"] = fetched_at
            versions[-1]["fetch_times"].append(fetched_at)
            continue
        if versions:
            versions[-1]["valid_to"] = fetched_at
        times = {"valid_from": fetched_at, "valid_to": None, "fetched_at": fetched_at}
        changed_at_s = None if report is None else report["newest_action_at"]
        versions.append(
            content | times | {"fetch_times": [fetched_at], "changed_at_s": changed_at_s}
        )
    return versions


def _state(report: Row | None) -> str:
    if report is None:
        return "gone"
    return next((name for name in ("deleted", "closed", "answered") if report[name]), "open")


def _reported(report: Row | None) -> Row:
    """Return the columns that a report names; the others are as they were before."""
    if report is None:
        return {}
    same = ("area_id", "service_id", "organisation_id", "closed", "answered", "deleted")
    sla = {"handling_time_s": report["handling_time"], "within_sla": report["within_sla"]}
    return {
        **{name: report[name] for name in same},
        "status_code": ", ".join(report["status"]) or None,
        "agent_id": report["agent_id"] or None,
        "priority": report["priority"] or None,
        "tag_ids": sorted(report["tags"]),
        **(sla if report["handling_time"] is not None else {}),
    }


def _compared(found: Sequence[Row], expected: Sequence[Row]) -> Iterator[str]:
    if len(found) != len(expected):
        yield f"{len(found)} versions, expected {len(expected)}"
    for number, (row, version) in enumerate(zip(found, expected, strict=False), 1):
        changed_at = row["changed_at"]
        shown = row | {"changed_at_s": changed_at and int(changed_at.timestamp())}
        version["fetch_times"] = _kept(version["fetch_times"], len(row["fetch_times"]))
        different = [
            f"{name} {_text(shown[name])} instead of {_text(value)}"
            for name, value in version.items()
            if shown[name] != value
        ]
        if different:
            yield f"version {number}: {', '.join(different)}"


def _kept(times: Sequence[datetime], number: int) -> list[datetime]:
    """Return which times the history has if it has so many: all, or the first and the newest."""
    if FETCHES_KEPT < number < len(times):
        return [times[0], *times[len(times) - number + 1 :]]
    return list(times)


def _unlike_present(found: Sequence[Row], present: Row | None) -> Iterator[str]:
    """Yield a line if the open version is not the row of the errand."""
    open_ = [row for row in found if row["valid_to"] is None]
    if len(open_) != 1 or present is None:
        yield f"{len(open_)} open versions, and {'one' if present else 'no'} row of the errand"
        return
    different = [
        f"{name} {_text(open_[0][name])}, that of the errand {_text(present[name])}"
        for name in (*COLUMNS, "fetched_at")
        if open_[0][name] != present[name]
    ]
    if different or (open_[0]["state"] == "gone") != present["gone"]:
        yield f"open version, {open_[0]['state']}: {', '.join(different)}"


def _text(value: object) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_text, value))}]"
    return f"{value:%H:%M:%S.%f}" if isinstance(value, datetime) else repr(value)
