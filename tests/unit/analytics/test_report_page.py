"""The report as a page and as a workbook: what others wrote is text, and nothing is left unsaid."""

from __future__ import annotations

import io
import re
import tomllib
import zipfile
from dataclasses import replace
from datetime import UTC, date, datetime
from importlib import resources
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from lxml import html

from workers.analytics.jobs.reports.completeness import Completeness
from workers.analytics.jobs.reports.figures import GroupLine, TrendWeek, WeekReport
from workers.analytics.jobs.reports.lines import Line, Unit, Value
from workers.analytics.jobs.reports.page import as_page
from workers.analytics.jobs.reports.wording import wording_in
from workers.analytics.jobs.reports.workbook import as_workbook
from workers.analytics.rules.weeks import read_week
from workers.analytics.store.period_figures import AGE_BANDS, Group

WEEK = read_week("2024-W05")
HOSTILE = (
    "<script>alert(1)</script>",
    '=HYPERLINK("https://evil.example")',
    "\u202eabc\u2066\u200f",
    "x" * 10_000,
    "{{ 7 * 7 }} {0} %s",
    "a\x00b\x1b[31m",
    '"><img src=https://evil.example onerror=x>',
)


def line(key, number=10.0, unit=Unit.COUNT, n=None, **more):
    value = Value(number=number, n=n, **more)
    return Line(key=key, unit=unit, now=value, before=value, year_before=None)


def group(name, number):
    figures = Group(
        first=WEEK.monday, last=WEEK.sunday, id=number, name=name, arrived=5, first_response_n=4,
        first_response_median=30.0, first_response_p90=90.0, sla_n=5, within_sla=4,
    )  # fmt: skip
    return GroupLine(name=name, id=number, now=figures, arrived_before=3, backlog=2)


REPORT = WeekReport(
    workspace="demo",
    week=WEEK,
    year_before=WEEK.year_before,
    zone=ZoneInfo("Europe/Stockholm"),
    made_at=datetime(2024, 2, 5, 6, tzinfo=UTC),
    first_day=date(2019, 11, 1),
    over=True,
    has_opening_hours=True,
    times_exact=True,
    volumes=[line(key, 1234.0) for key in ("arrived", "responses", "closed", "backlog")],
    first_responses=[line("median", 185.0, Unit.MINUTES, n=9)],
    resolutions=[line("p90", 4321.0, Unit.MINUTES, n=100)],
    quality=[line("within_sla", 0.915, Unit.SHARE, n=100)],
    scores=[
        replace(line("csat", 0.8, Unit.SHARE, n=40, low=0.65, high=0.9), of="1\N{EN DASH}5"),
        line("nps", -12.0, Unit.POINTS, n=40, low=-30.0, high=6.0),
    ],
    trend=[
        TrendWeek(week=one, arrived=7, closed=6, backlog=dict.fromkeys(AGE_BANDS, 3))
        for one in WEEK.until(13)
    ],
    oldest_at=datetime(2024, 1, 1, tzinfo=UTC),
    arrivals_by_hour={(1, 9): 4, (7, 23): 1},
    areas=[group(name, number) for number, name in enumerate(HOSTILE, start=1)],
    channels=[group(name, number) for number, name in enumerate(HOSTILE, start=1)],
    left_out=2,
    completeness=Completeness(
        until=datetime(2024, 2, 5, 6, tzinfo=UTC),
        states=[],
        waiting=0,
        missing=0,
        stuck=0,
        computing=False,
    ),
)
EMPTY = replace(
    REPORT,
    first_day=None,
    volumes=[replace(one, now=None, before=None) for one in REPORT.volumes],
    trend=[TrendWeek(week=WEEK, arrived=None, closed=None, backlog=None)],
    arrivals_by_hour={},
    areas=[],
    channels=[],
)


@pytest.fixture(params=["en", "sv"])
def language(request):
    return request.param


def text_of(page):
    return " ".join(html.fromstring(page).text_content().split())


def test_the_page_has_no_script_and_asks_for_nothing(language):
    document = html.fromstring(as_page(REPORT, language=language))

    assert not document.xpath("//script | //link | //img | //iframe | //object | //base | //a")
    assert not [
        name for one in document.iter() for name in one.attrib if name in ("src", "href", "style")
    ]
    assert not [name for one in document.iter() for name in one.attrib if name.startswith("on")]
    assert "url(" not in as_page(REPORT, language=language)
    [policy] = document.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
    assert policy == "default-src 'none'; style-src 'unsafe-inline'"


def test_what_others_wrote_stands_as_text_in_an_isolated_direction_and_is_cut(language):
    document = html.fromstring(as_page(REPORT, language=language))

    names = [one.text_content() for one in document.xpath("//th/bdi")]
    assert len(names) == 2 * len(HOSTILE)
    assert names[0] == "<script>alert(1)</script>"
    assert names[2] == "abc"
    assert max(map(len, names)) == 80
    assert names[4] == "{{ 7 * 7 }} {0} %s"
    assert names[5] == "ab[31m"


def test_a_hostile_name_of_the_workspace_stays_text(language):
    page = as_page(replace(REPORT, workspace="<b>=1+1"), language=language)

    assert "<b>" not in page
    assert "&lt;b&gt;=1+1" in page


def test_every_chart_is_valid_xml_with_a_title_a_description_and_a_table(language):
    page = as_page(REPORT, language=language)
    charts = re.findall(r"<svg[^>]*role=.*?</svg>", page, re.DOTALL)

    assert len(charts) == 3
    for chart in charts:
        root = ElementTree.fromstring(chart)
        ids = {one.get("id") for one in root if one.get("id")}
        assert set(root.get("aria-labelledby").split()) == ids
        assert all(one.text for one in root if one.get("id"))
    assert page.count("<details>") == 3
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))


def test_each_figure_has_its_n_and_few_are_called_few():
    text = text_of(as_page(REPORT, language="en"))

    assert "3 h 5 min n 9, few" in text.replace("\N{NO-BREAK SPACE}", " ")
    assert "91.5% n 100" in text.replace("\N{NO-BREAK SPACE}", " ")
    assert "65.0% to 90.0%" in text
    assert wording_in("en").text("few_note") in text


def test_numbers_are_written_as_in_each_language():
    assert "1,234" in as_page(REPORT, language="en")
    swedish = as_page(REPORT, language="sv")
    assert "1\N{NO-BREAK SPACE}234" in swedish
    assert "91,5\N{NO-BREAK SPACE}%" in swedish
    assert '<html lang="sv">' in swedish


def test_what_is_missing_is_said_in_words(language):
    words = wording_in(language)
    report = replace(
        REPORT,
        has_opening_hours=False,
        times_exact=False,
        scores=[],
        quality=[replace(REPORT.quality[0], now=None)],
    )
    text = text_of(as_page(report, language=language))

    for key in ("no_opening_hours", "rounded_times", "no_scores", "no_sla"):
        assert words.text(key) in text


def test_without_any_errand_the_page_says_so_and_has_no_empty_tables(language):
    page = as_page(EMPTY, language=language)

    assert wording_in(language).text("no_errands") in text_of(page)
    assert "<table" not in page
    assert "<svg" not in page


def test_the_workbook_has_numbers_and_no_formula(language):
    content = as_workbook(REPORT, language=language)
    book = openpyxl.load_workbook(io.BytesIO(content))

    cells = [one for sheet in book for row in sheet.iter_rows() for one in row]
    assert {one.data_type for one in cells} <= {"s", "n"}
    figures = book.worksheets[1]
    assert [one.value for one in figures[2]][1] == 1234
    assert any(one.value == 0.915 and one.number_format == "0.0%" for one in cells)
    assert any(one.value == HOSTILE[1] for one in cells)
    assert not any("<f>" in _part(content, name) for name in _parts(content))


def test_the_workbook_of_an_empty_database_opens(language):
    assert openpyxl.load_workbook(io.BytesIO(as_workbook(EMPTY, language=language))).worksheets


def test_both_languages_have_the_same_texts_with_the_same_values():
    texts = [_flat(_texts(code)) for code in ("en", "sv")]

    assert texts[0].keys() == texts[1].keys()
    for key, text in texts[0].items():
        assert re.findall(r"{\w+}", text) == re.findall(r"{\w+}", texts[1][key]), key


def test_a_year_without_week_53_is_named():
    report = replace(REPORT, week=read_week("2020-W53"), year_before=None)

    assert "no week 53" in as_page(report, language="en")


def test_before_the_first_poll_nothing_is_called_complete():
    unknown = replace(REPORT.completeness, until=None, states=["never polled"])
    text = text_of(as_page(replace(REPORT, completeness=unknown), language="en"))

    assert "never asked for changes" in text
    assert "complete and current" not in text


def test_while_all_figures_are_computed_again_nothing_is_called_complete(language):
    computing = replace(REPORT.completeness, states=["computing"], computing=True)
    text = text_of(as_page(replace(REPORT, completeness=computing), language=language))

    assert _texts(language)["computing_all"] in text
    assert _texts(language)["all_fresh"] not in text
    assert _texts(language)["computing"] not in text


def _texts(code):
    folder = resources.files("workers.analytics.jobs.reports")
    return tomllib.loads((folder / f"{code}.toml").read_text("utf-8"))


def _flat(texts):
    flat = {key: str(value) for key, value in texts.items() if not isinstance(value, dict)}
    return flat | {f"states {key}": value for key, value in texts["states"].items()}


def _parts(content):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return archive.namelist()


def _part(content, name):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return archive.read(name).decode("utf-8", "replace")
