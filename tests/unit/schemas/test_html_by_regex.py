from __future__ import annotations

import time

import pytest

from schemas.text.html_by_regex import LONGEST, has_images, text_of


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("", ""),
        ("done!", "done!"),
        ("11th body<br/>2nd line<br/>", "11th body\n2nd line"),
        ('<div dir="ltr">first HELP me!</div>\n', "first HELP me!"),
        ("a < b & c > d", "a < b & c > d"),
        ("1 &lt; 2 &amp; &aring;ret", "1 < 2 & året"),
        ("<ul><li>one<li>two</ul>", "- one\n- two"),
        ('<a href="x>y">link</a>', "link"),
        ("<p>one</p><p>two</p>", "one\n\ntwo"),
        ("x<style>p {color: red}</style><script>alert(1)</script><!-- c -->y", "x y"),
        ("<SCRIPT>never ends", ""),
        ("<!-- never ends", ""),
        ("<table><tr><td>a</td><td>b</td></tr></table>", "a b"),
        ('before<img src="data:image/png;base64,iVBORw0KGgo="/>after', "beforeafter"),
    ],
)
def test_the_words_of_html_stay_and_its_marks_go(html, text):
    assert text_of(html) == text


def test_of_a_very_long_text_the_beginning_is_looked_at():
    assert len(text_of("x" * (2 * LONGEST))) == LONGEST


def test_a_large_image_within_takes_no_text_away():
    image = f'<img src="data:image/png;base64,{"A" * (2 * LONGEST)}"/>'

    assert text_of(f"{image}after") == "after"


@pytest.mark.parametrize(
    "piece",
    [
        "<",
        "<a ",
        "<!--",
        "<script>",
        '<a "',
        "<a '",
        "&#",
        "<head><",
        "data:a;",
        "<!",
        '"<',
        "\n\t ",
    ],
)
def test_no_text_takes_long(piece):
    hostile = "<a " + piece * (LONGEST // len(piece))

    began_s = time.perf_counter()
    text_of(hostile)

    assert time.perf_counter() - began_s < 1


@pytest.mark.parametrize(
    ("html", "images"),
    [(None, False), ("", False), ("text", False), ("<IMG src='x'>", True), ("x<img>", True)],
)
def test_only_html_with_an_image_tag_shows_images(html, images):
    assert has_images(html) is images
