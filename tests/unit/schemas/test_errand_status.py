from __future__ import annotations

import pytest

from schemas.cention.errand_status import read_status


def code_and_title(html):
    status = read_status(html)
    return status.code, status.title


def test_an_icon_has_a_code_and_a_title():
    html = '<img src="/ng/img/icons/ACTION_ANSWER.png" title="Answered &amp; closed" border="0"/> '

    assert code_and_title(html) == ("ACTION_ANSWER", "Answered & closed")


def test_several_icons_are_joined():
    html = '<img src="/a/ACTION_SAVE.png" title="Saved"/> <IMG src="ACTION_DELETE.gif?v=2">'

    assert code_and_title(html) == ("ACTION_SAVE, ACTION_DELETE", "Saved")


@pytest.mark.parametrize(
    ("html", "title"),
    [(" Open ", "Open"), ("a < b", "a < b"), ("<b>Open</b>", "<b>Open</b>"), ("<![x[", "<![x[")],
)
def test_a_text_without_icons_is_its_own_title(html, title):
    assert code_and_title(html) == (None, title)


@pytest.mark.parametrize("html", [None, "", "  ", "<img>", '<img src="" title="">'])
def test_empty_values_are_none(html):
    assert code_and_title(html) == (None, None)


def test_html_longer_than_any_status_is_not_parsed():
    html = "<img src='x.png'>" * 1000

    assert code_and_title(html) == (None, html)
