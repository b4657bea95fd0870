"""A chart as a file: well-formed whatever it shows, with its title, its key and its colours."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from workers.analytics.jobs.reports.chart_files import as_svg
from workers.analytics.jobs.reports.charts import Bar, bars_chart, intervals_chart, line_chart
from workers.analytics.jobs.reports.lines import Unit
from workers.analytics.jobs.reports.wording import wording_in

WORDS = wording_in("en")
SVG = "{http://www.w3.org/2000/svg}"
TITLED = {"name": "one", "title": "Errands & <more>", "description": "By name."}


def texts(image):
    return [one.text for one in image.iter(f"{SVG}text")]


def test_names_that_others_wrote_are_text_of_the_file():
    name = '<script>alert(1)</script>]]>&"</svg>'
    chart = bars_chart([Bar(label=name, number=5, before=None)], WORDS, **TITLED)

    image = ElementTree.fromstring(as_svg(chart, [chart.title, name]))

    assert f"{name[:29]}…" in texts(image)
    assert name in texts(image)
    assert image.find(f".//{SVG}script") is None


def test_a_file_says_what_its_colours_mean_and_has_them():
    chart = bars_chart([Bar(label="Invoices", number=5, before=2)], WORDS, **TITLED)

    image = ElementTree.fromstring(as_svg(chart, [chart.title]))

    assert texts(image)[0] == "Errands & <more>"
    assert texts(image)[-2:] == ["This period", "Period before"]
    assert "--main: #0b6e75" in image.find(f"{SVG}style").text


def test_a_gap_is_not_drawn_over_and_what_is_alone_is_a_dot():
    chart = line_chart(
        {"Arrived": [1, 2, None, 4, None, *[3] * 40]}, ["01-01"] * 45, WORDS, **TITLED
    )

    image = ElementTree.fromstring(as_svg(chart, []))

    [line] = [one for one in image.iter(f"{SVG}path") if one.get("class") == "line series0"][:1]
    assert line.get("d").count("M") == 3
    assert len(list(image.iter(f"{SVG}circle"))) == 1


@pytest.mark.parametrize(
    ("unit", "most", "said"),
    [
        (Unit.COUNT, 7, "8"),
        (Unit.MINUTES, 90, "90 min"),
        (Unit.MINUTES, 130, "4 h"),
        (Unit.SHARE, 0.3, "100%"),
    ],
)
def test_the_axis_is_labelled_in_the_unit_that_suits_it(unit, most, said):
    chart = line_chart({"one": [0, most]}, ["a", "b"], WORDS, unit=unit, **TITLED)

    assert f">{said}</text>" in chart.__html__()


def test_without_scores_nothing_is_drawn():
    assert "circle" not in intervals_chart([], **TITLED).__html__()
