"""Figures in the web face: who sees them, what is shown and saved, and what is said if not."""

from __future__ import annotations

import csv
import io
from contextlib import ExitStack
from xml.etree import ElementTree

import psycopg
import pytest

from tests.support.centre_figures import fill_with_figures
from tests.support.databases import database_copy, run_query
from tests.support.web import HOSTILE, visitor, web_app, web_settings
from workers.analytics.jobs.reports.period_panels import PANELS
from workers.analytics.store import period_figures
from workers.database import connections
from workers.web import figures

PERIOD = "from=2025-03-10&to=2025-04-03"
FORMULA = '=HYPERLINK("https://evil.example")' + HOSTILE
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def centre(postgres, template):
    """A centre whose first area, channel, agent and tag have hostile names."""
    with database_copy(postgres, template) as url:
        with psycopg.connect(url) as conn:
            fill_with_figures(conn)
        for kind in ("area", "service", "agent", "tag"):
            run_query(
                url,
                f"UPDATE cention.{kind} SET name = %s WHERE {kind}_id = (SELECT min({kind}_id)"
                f" FROM cention.{kind})",
                FORMULA,
            )
        yield url


@pytest.fixture(scope="module")
def seen(centre):
    """The operator, signed in."""
    with ExitStack() as opened:
        pool = connections.open_pool(centre)
        opened.callback(pool.close)
        found = visitor(web_app(web_settings(centre), pool))
        assert found.sign_in("olga").status_code == 303
        yield found


def saved(page):
    assert page.status_code == 200
    assert page.headers["Content-Disposition"].startswith("attachment; filename=")
    return page.get_data()


def table(visitor, chart, query=PERIOD):
    text = saved(visitor.get(f"/figures/{chart}.csv?{query}")).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.parametrize("name", ["operator", "analyst"])
def test_both_roles_may_read_figures(request, name):
    found = request.getfixturevalue(name)

    assert "<h1>Figures</h1>" in found.text("/figures")
    assert found.get("/figures/charts.css").mimetype == "text/css"


def test_figures_are_those_of_the_period_with_the_one_before(seen, centre):
    [row] = run_query(
        centre,
        "SELECT sum(arrived) FILTER (WHERE day >= '2025-03-10')::integer AS now,"
        " sum(arrived) FILTER (WHERE day < '2025-03-10')::integer AS before FROM analyst.sla_day"
        " WHERE day BETWEEN '2025-02-13' AND '2025-04-03'",
    )

    page = seen.text(f"/figures?{PERIOD}")

    days = "2025-03-10 {0} 2025-04-03, compared with 2025-02-13 {0} 2025-03-09"
    assert days.format("\N{EN DASH}") in page
    assert f"<strong>{row['now']:,}</strong>" in page
    assert f">{row['before']:,}</td>" in page


@pytest.mark.parametrize("chart", PANELS)
def test_every_chart_has_its_table_its_query_and_its_files(seen, chart):
    page = seen.text(f"/figures?{PERIOD}")

    part = page.partition(f'id="{chart}"')[2].partition("</figure>")[0]
    assert '<svg viewBox="0 0 400' in part
    assert "SELECT" in part
    assert part.count("<details>") == 2
    assert f'href="/figures/{chart}.csv?from=2025-03-10&amp;to=2025-04-03"' in part
    assert table(seen, chart)
    image = ElementTree.fromstring(saved(seen.get(f"/figures/{chart}.svg?{PERIOD}")))
    assert image.tag == f"{SVG}svg"
    assert image.find(f".//{SVG}script") is None


def test_names_that_others_wrote_run_nothing_and_are_no_formula(seen):
    page = seen.text(f"/figures?{PERIOD}")
    rows = [row for chart in ("areas", "channels", "tags", "agents") for row in table(seen, chart)]

    assert "<script>document" not in page
    assert (
        "\u202e"
        not in page.partition("<main")[2].replace("</option>", "\n").partition("</form>")[2]
    )
    assert {row["name"] for row in rows if "evil.example" in row["name"]} == {f"'{FORMULA}"}
    for chart in ("areas", "tags"):
        image = saved(seen.get(f"/figures/{chart}.svg?{PERIOD}"))
        assert b"<script" not in image


def test_a_filter_reaches_the_page_its_files_and_its_links(seen, centre):
    [area] = run_query(centre, "SELECT area_id AS id FROM analyst.sla_day LIMIT 1")
    query = f"{PERIOD}&area={area['id']}"

    page = seen.text(f"/figures?{query}")

    assert f'<option value="{area["id"]}" selected>' in page
    assert f"/figures/volumes.svg?from=2025-03-10&amp;to=2025-04-03&amp;area={area['id']}" in page
    assert f"/figures?area={area['id']}&amp;days=91" in page
    assert {row["id"] for row in table(seen, "areas", query)} == {str(area["id"])}


def test_without_dates_the_last_days_that_are_over_are_shown(seen):
    page = seen.text("/figures?days=7")

    assert 'name="days" value="7"' in page
    assert 'aria-current="true">7 days' in page
    assert "No errand arrived in this period." in page


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("from=yesterday", "The first day is no day"),
        ("to=2025-02-30", "The last day is no day"),
        ("from=2025-04-03&to=2025-03-10", "The period must begin before it ends"),
        ("to=2999-01-01", "and end today or earlier"),
        ("to=0001-01-01", "The period must begin before it ends"),
        ("from=2001-01-01&to=2005-01-01", "731 days at most"),
        ("days=0", "from 1 to 731"),
        ("days=%D9%A3", "from 1 to 731"),
        ("area=x", "There is no such area"),
        ("channel=99999999999999999999", "There is no such channel"),
        ("agent=-1", "There is no such agent"),
    ],
)
def test_what_cannot_be_read_in_an_address_is_said(seen, query, said):
    assert said in seen.text(f"/figures?{query}")
    assert seen.get(f"/figures/volumes.csv?{query}").status_code == 400


def test_an_unknown_chart_or_workspace_is_not_found(seen):
    assert seen.get("/figures/secrets.csv").status_code == 404
    assert seen.get("/figures/secrets.svg").status_code == 404
    assert seen.get("/figures?workspace=other").status_code == 404


def test_an_area_that_nobody_knows_has_no_figures(seen):
    page = seen.text(f"/figures?{PERIOD}&area=987654321")

    assert "<option selected>987654321</option>" in page
    assert "number 987654321" in page
    assert seen.get(f"/figures/volumes.svg?{PERIOD}&area=987654321").status_code == 404
    assert table(seen, "areas", f"{PERIOD}&area=987654321") == []


def test_figures_that_take_too_long_are_given_up_and_the_next_are_shown(seen, monkeypatch):
    with monkeypatch.context() as changed:
        changed.setitem(
            period_figures.SQL, "limit_time", "SELECT set_config('statement_timeout', '1ms', true)"
        )
        assert "take longer than 8 seconds" in seen.text(f"/figures?{PERIOD}")
        assert seen.get(f"/figures/volumes.csv?{PERIOD}").status_code == 503

    assert "Its query" in seen.text(f"/figures?{PERIOD}")


def test_of_a_long_table_the_page_has_the_first_rows_and_the_file_has_all(seen, monkeypatch):
    monkeypatch.setattr(figures, "MOST_ROWS", 2)

    page = seen.text(f"/figures?{PERIOD}")

    part = page.partition('id="hours"')[2].partition("</figure>")[0]
    assert part.count('<th scope="row">') == 2
    left_out = len(table(seen, "hours")) - 2
    assert left_out > 0
    assert f"Rows that are only in the CSV file: {left_out}." in part


def test_that_all_figures_are_being_computed_is_said_first(seen, centre):
    run_query(centre, "UPDATE intake.metrics_progress SET after_id = 1")
    page = seen.text(f"/figures?{PERIOD}")
    run_query(centre, "UPDATE intake.metrics_progress SET after_id = NULL")

    notes = page.partition('<ul class="flash some notes">')[2].partition("</ul>")[0]
    assert "All figures are being computed again: some are missing or old." in notes
    assert "All figures are being computed again" not in seen.text(f"/figures?{PERIOD}")


def test_how_fresh_the_figures_are_is_said(seen):
    page = seen.text(f"/figures?{PERIOD}")

    assert "How complete are the figures?" in page
    assert "Cention was never asked for changes" in page
    assert "Times are of Europe/Stockholm." in page


def test_of_an_empty_database_the_page_says_that_nothing_is_stored(operator, database):
    assert "Nothing is stored of this workspace yet." in operator.text("/figures")
    assert operator.get("/figures/volumes.csv").status_code == 404

    run_query(database, "INSERT INTO cention.workspace VALUES ('demo', 'UTC')")

    assert "No errand is stored yet: there is nothing to report." in operator.text("/figures")


def test_in_swedish_everything_is_swedish(seen):
    page = seen.get(f"/figures?{PERIOD}", headers={"Accept-Language": "sv"}).get_data(as_text=True)

    assert "<h1>Siffror</h1>" in page
    assert "Tid till första svar" in page
    assert "Hur fullständiga är siffrorna?" in page
