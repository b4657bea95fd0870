"""``deploy/grafana``: the files are what the source makes, and name what exists."""

from __future__ import annotations

import json
import re

import pytest

from deploy.grafana import managers, operators
from deploy.grafana.files import DASHBOARDS, FOLDER, files
from deploy.grafana.panels import to_json
from tests.support import metric_names

PLACEHOLDERS = re.compile(r"\$\{?(\w+)")
GIVEN_BY_GRAFANA = {"__rate_interval", "__timeFrom", "__timeTo"}
WRITE_THEM = "Written by: python -m deploy.grafana"


@pytest.mark.parametrize("name", DASHBOARDS)
def test_a_file_is_what_the_source_makes(name):
    assert (FOLDER / name).read_text("utf-8") == files()[name], WRITE_THEM


def test_there_is_no_other_file():
    assert {path.name for path in FOLDER.glob("*.json")} == set(DASHBOARDS)


def test_every_metric_of_a_panel_exists_and_every_metric_has_a_panel():
    shown = {
        name
        for panel in operators.DASHBOARD.panels()
        for query in panel.queries
        for name in metric_names.named(query.text)
    }
    # A histogram is shown by one of its samples.
    unshown = {"cention_callback_duration_seconds_sum", "cention_callback_duration_seconds_count"}
    unshown |= {"cention_callback_group_size_bucket", "cention_spool_files_total"}

    assert shown == metric_names.every() - unshown


def test_what_a_query_leaves_open_is_a_variable_or_given_by_grafana():
    for dashboard in DASHBOARDS.values():
        known = GIVEN_BY_GRAFANA | {one.name for one in dashboard.variables}
        asked = [query.text for panel in dashboard.panels() for query in panel.queries]
        asked += [one.query for one in dashboard.variables]

        assert {name for text in asked for name in PLACEHOLDERS.findall(text)} <= known


@pytest.mark.parametrize("dashboard", DASHBOARDS.values(), ids=DASHBOARDS)
def test_panels_do_not_overlap_and_have_numbers_of_their_own(dashboard):
    panels = to_json(dashboard)["panels"]
    places = [
        (x, y)
        for panel in panels
        for x in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    ]

    assert len(places) == len(set(places))
    assert max(x for x, _ in places) == 23
    assert len({panel["id"] for panel in panels}) == len(panels)


def test_no_panel_names_a_database_or_a_server():
    sources = re.findall(r'"uid": "([^"]+)"', "".join(files().values()))

    assert set(sources) == {"${source}", "cention-managers", "cention-operators"}
    assert all(
        json.loads(text)["templating"]["list"][0]["name"] == "source" for text in files().values()
    )


def test_every_question_to_postgres_is_of_a_workspace_that_was_chosen():
    assert [
        panel.title
        for panel in managers.DASHBOARD.panels()
        for query in panel.queries
        if query.text.count("${workspace:sqlstring}") != query.text.count("FROM analyst.")
        and "SELECT DISTINCT workspace, service_id" not in query.text
    ] == []
