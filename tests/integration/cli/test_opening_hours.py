"""`cention opening-hours`: loaded whole or not at all."""

from __future__ import annotations

import pytest

from tests.support.databases import run_query

OFFICE = """
[[hours]]
days = ["mon", "tue", "wed", "thu", "fri"]
from = "08:00"
to = "17:00"

[[hours]]
days = ["sat"]
from = "22:00"
to = "06:00"
areas = ["Invoices"]

[[holiday]]
date = "2024-05-01"
name = "Our first of May"
"""


@pytest.fixture
def file(tmp_path, terminal, database):
    """A file of opening hours; one area is known."""
    terminal.run("migrate")
    run_query(database, "INSERT INTO cention.area VALUES ('demo', 2, 'Invoices', now())")
    path = tmp_path / "hours.toml"
    path.write_text(OFFICE)
    return path


def listed(terminal):
    return terminal.json("opening-hours")


def test_a_file_is_loaded_and_listed(terminal, file):
    result = terminal.run("opening-hours", "load", file)

    assert (result.exit_code, result.stdout) == (
        0,
        "6 opening hours of a week and 1 holidays until 2024-05-01 are loaded.\n",
    )
    lines = terminal.run("opening-hours").stdout.splitlines()
    assert lines[1].split() == ["(all", "areas)", "Monday", "08:00", "17:00"]
    assert lines[6].split() == [
        "Invoices",
        "Saturday",
        "22:00",
        "06:00",
        "of",
        "the",
        "next",
        "day",
    ]
    assert lines[-1].split()[-5:] == ["2024-05-01", "Our", "first", "of", "May"]


def test_a_file_with_mistakes_changes_nothing_and_all_of_them_are_reported(terminal, file):
    terminal.run("opening-hours", "load", file)
    before = listed(terminal)
    file.write_text(OFFICE.replace("Invoices", "Sales").replace("05-01", "02-30"))

    result = terminal.run("opening-hours", "load", file)

    assert result.exit_code == 1
    assert "hours.toml has 2 mistakes, so nothing was loaded:" in result.stderr
    assert "line 11: hours[2].areas[1]: there is no area 'Sales'" in result.stderr
    assert "line 14: holiday[1].date: is a day that no calendar has" in result.stderr
    assert listed(terminal) == before


def test_a_second_file_replaces_the_first(terminal, file):
    terminal.run("opening-hours", "load", file)
    file.write_text('[[hours]]\ndays = ["sun"]\nfrom = "00:00"\nto = "24:00"\n')
    terminal.run("opening-hours", "load", file)

    found = listed(terminal)

    assert [(one["weekday"], one["to_minute"]) for one in found["openings"]] == [(7, 1440)]
    assert found["holidays"] == []


def test_a_dry_run_loads_nothing(terminal, file):
    result = terminal.run("opening-hours", "load", file, "--dry-run")

    assert result.stdout.endswith("are without mistakes. Nothing was loaded.\n")
    assert listed(terminal) == {"openings": [], "holidays": []}


def test_holidays_of_a_country_are_added_and_those_of_the_file_keep_their_names(terminal, file):
    terminal.run("opening-hours", "load", file, "--country", "SE", "--years", "2024-2025")

    found = {one["date"]: one["name"] for one in listed(terminal)["holidays"]}

    assert found["2024-05-01"] == "Our first of May"
    assert {"2024-01-01", "2025-06-06", "2025-12-25"} <= set(found)
    assert "2024-05-12" not in found  # a Sunday is no holiday
    assert len(found) < 40


@pytest.mark.parametrize(
    "words",
    [
        ("--country", "SE"),
        ("--years", "2024"),
        ("--country", "XX", "--years", "2024"),
        ("--country", "SE", "--years", "2030-2024"),
        ("--country", "SE", "--years", "next"),
    ],
)
def test_a_country_without_years_or_one_that_is_not_known_is_wrong_usage(terminal, file, words):
    assert terminal.run("opening-hours", "load", file, *words).exit_code == 2
    assert listed(terminal) == {"openings": [], "holidays": []}


def test_a_file_that_is_not_there_is_named(terminal, file):
    result = terminal.run("opening-hours", "load", file.with_name("none.toml"))

    assert result.exit_code == 1
    assert "none.toml cannot be read: No such file or directory." in result.stderr


def test_cleared_hours_are_gone(terminal, file):
    terminal.run("opening-hours", "load", file)

    assert terminal.run("opening-hours", "clear").exit_code == 0
    assert terminal.run("opening-hours").stdout == (
        "There are no opening hours: business time is calendar time.\nThere are no holidays.\n"
    )


def test_a_load_marks_the_workspace(terminal, file, database):
    run_query(database, "DELETE FROM intake.metrics_due")

    terminal.run("opening-hours", "load", file)

    assert run_query(database, "SELECT kind FROM intake.metrics_due") == [{"kind": "workspace"}]
