"""The race: its tables, its documents, and what its peers make of them."""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from itertools import islice

import pytest

from tests.bench.documents import errand_report, long_callbacks
from tests.bench.race import __main__ as race
from tests.bench.race import bridge, install, rows
from tests.bench.race.report import Result, counted, is_disturbed, table
from tests.bench.source import Cention
from tests.bench.usage import CORES, Usage

RUN = Result(
    per_s=100.0,
    own_cpu_s=0.5,
    postgres_cpu_s=0.25,
    load_cpu_s=0.125,
    rss_mib=100.0,
    pss_mib=80.0,
    other_load=0.0,
    is_disturbed=False,
    rows="right",
)
COSTS = ["0.500", "0.250", "0.125", "100 (80)"]


def runs(*rates: float) -> list[Result]:
    return [replace(RUN, per_s=rate) for rate in rates]


def lines(results: dict[str, list[Result]]) -> list[list[str]]:
    """Return the cells of each contestant's line."""
    found = table(results, what="errands", load="source", floor="floor", bridge="bridge")
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in list(found)[2:]]


def test_a_line_has_median_extremes_and_ratios_to_the_floor_and_the_bridge():
    found = lines({"bridge": runs(30, 10, 20), "floor": runs(80), "not installed": []})

    assert found == [
        ["bridge", "20 (10-30)", *COSTS, "0.25", "1.00", "0 %", "right"],
        ["floor", "80 (80-80)", *COSTS, "1.00", "0.25", "0 %", "right"],
    ]


def test_without_the_floor_and_the_bridge_there_are_no_ratios():
    (line,) = lines({"bridge": [], "other": runs(1)})

    assert line[6:8] == ["-", "-"]


def test_a_disturbed_run_is_discarded_and_said():
    disturbed = replace(RUN, per_s=1.0, other_load=0.2, is_disturbed=True)

    (line,) = lines({"bridge": [*runs(10), disturbed]})

    assert line[1] == "10 (10-10)"
    assert line[8] == "0 %, 1 discarded"


def test_if_all_runs_were_disturbed_they_count_and_are_marked():
    disturbed = replace(RUN, other_load=0.2, is_disturbed=True)

    (line,) = lines({"bridge": [disturbed, disturbed]})

    assert counted([disturbed]) == [disturbed]
    assert line[8] == "**20 %, too much**"


def test_wrong_rows_are_shown_also_of_a_discarded_run():
    wrong = replace(RUN, is_disturbed=True, rows="WRONG errand: (1,) instead of (2,); name: …")

    (line,) = lines({"bridge": [*runs(10), wrong]})

    assert line[9] == "**WRONG errand**"


@pytest.mark.parametrize(
    ("took_s", "other_cpu_s", "disturbed"),
    [(10.0, 0.4 * CORES, False), (10.0, 0.6 * CORES, True), (0.1, 0.04, False)],
)
def test_more_than_five_percent_of_the_machine_disturbs_unless_the_clock_is_too_coarse(
    took_s, other_cpu_s, disturbed
):
    assert is_disturbed(Usage(other_took_s=took_s, other_cpu_s=other_cpu_s)) is disturbed


def test_each_round_begins_with_another_contestant():
    entries = [race.Entry(title=title, run=lambda: RUN) for title in "abc"]

    orders = ["".join(each.title for each in race.rotated(entries, n)) for n in range(4)]

    assert orders == ["abc", "bca", "cab", "abc"]
    assert race.rotated([], 1) == []


def test_a_disturbed_run_is_repeated_once_and_both_are_kept():
    disturbed = replace(RUN, other_load=0.2, is_disturbed=True)
    results = iter([disturbed, RUN, disturbed, disturbed, RUN])
    entry = race.Entry(title="bridge", run=lambda: next(results))

    race.run(entry, 0)
    race.run(entry, 1)

    assert entry.results == [disturbed, RUN, disturbed, disturbed]


def test_a_contestant_that_fails_has_no_result_and_is_named(capsys):
    def fail() -> Result:
        raise RuntimeError("no Node")

    race.run(race.Entry(title="Node-RED", run=fail), 0)

    assert capsys.readouterr().err == "  round 1: Node-RED: FAILED RuntimeError: no Node\n"


def test_what_does_not_race_is_refused_with_the_names_that_do():
    assert race.some("bridge, fastapi") == ["bridge", "fastapi"]
    with pytest.raises(argparse.ArgumentTypeError, match=r"^rails does not race; these do: bridge"):
        race.some("bridge,rails")


def test_contestants_have_names_and_titles_of_their_own_and_installations_that_exist():
    titles = [each.title for each in race.ALL]
    needed = {each.needs for each in race.ALL} - {""}

    assert len(titles) == len(set(titles)) + 1  # the bridge is in both disciplines
    assert {install.NODE_RED} < needed
    assert {"dlt 1.31.0", "node-red 4.1.15"} < set(install.versions(needed))


def test_every_requirement_of_a_peer_has_a_hash():
    for lock in (install.HERE / "requirements").glob("*.lock"):
        text = lock.read_text("utf-8").replace("\\\n", " ")
        pins = [line for line in text.splitlines() if line and not line.startswith("#")]

        assert pins
        assert [pin for pin in pins if "==" not in pin or " --hash=sha256:" not in pin] == []


@pytest.mark.enable_socket  # a plan reserves its ports
def test_floors_have_as_many_processes_and_connections_as_the_bridge():
    processes, connections = bridge.fetching()

    assert 1 <= processes <= connections


def test_rows_have_a_value_for_each_column_of_their_table():
    found = rows.rows_by_table(
        rows.parse(json.dumps(errand_report(n)).encode()) for n in range(1, 40)
    )

    for table_name, columns in rows.TABLES.items():
        assert found[table_name]
        assert {len(row) for row in found[table_name]} == {len(columns)}
    first = dict(zip(rows.ERRAND, found["errand"][0], strict=True))
    assert first["status_code"] == "ACTION_ANSWER"
    assert first["handling_time_s"] == 7
    assert first["arrived_at"].isoformat() == "2023-11-15T06:14:00+08:00"


def test_callbacks_are_json_of_four_kilobytes_each_about_another_errand():
    bodies = list(islice(long_callbacks(10_000_000, secret="hidden"), 2))

    documents = [json.loads(body) for body in bodies]
    assert [each["data"]["id"] for each in documents] == ["10000000", "10000001"]
    assert documents[0]["meta"] == {"api_secret": "hidden"}
    assert all(3_500 < len(body) < 4_700 for body in bodies)


def test_an_errand_that_is_not_rendered_has_its_own_numbers():
    cention = Cention()
    marks = {"first": 4_000_000, "count": 2, "workspace": "w1", "rendered": False}
    cention.control(b"/source/change", json.dumps(marks).encode())

    head, _, body = cention.answer(b"/s/w1/capi/json/c3_errand_reports/4000001").partition(
        b"\r\n\r\n"
    )

    assert b"Content-Length: %d" % len(body) in head
    report, like = json.loads(body)["data"], errand_report(4_000_001)["data"]
    assert report["id"] == like["id"]
    actions = [action["id"] for action in report["attributes"]["actions"]]
    assert actions == [action["id"] for action in like["attributes"]["actions"]]
    assert report["attributes"]["basic"]["data"]["subject"].startswith("errand 4000001 ")
    assert cention.control(b"/source/left", b"").endswith(b"1")
