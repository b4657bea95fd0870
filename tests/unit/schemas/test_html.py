from __future__ import annotations

import time

import pytest

from schemas.text.html import MAX_DEPTH, has_images, text_of_html

MIB = 1024 * 1024


@pytest.mark.parametrize("or_plain", [False, True])
@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("", ""),
        ("done!", "done!"),
        ("plain", "plain"),
        ("11th body<br/>2nd line<br/>", "11th body\n2nd line"),
        ('<div dir="ltr">first HELP me!</div>\n', "first HELP me!"),
        ("a < b & c > d", "a < b & c > d"),
        ("1 &lt; 2 &amp; &aring;ret", "1 < 2 & året"),
        ("&lt;b&gt; &eacute;", "<b> é"),
        ("<ul><li>one<li>two</ul>", "- one\n- two"),
        ("<ul><li>one</li><li>two</li></ul>", "- one\n- two"),
        ('<a href="x>y">link</a>', "link"),
        ("<p>one</p><p>two</p>", "one\n\ntwo"),
        ("x<style>p {color: red}</style><script>alert(1)</script><!-- c -->y", "x y"),
        ("<script>x</script>a<b>b</b> c", "ab c"),
        ("<SCRIPT>never ends", ""),
        ("<!-- never ends", ""),
        ("<table><tr><td>a</td><td>b</td></tr></table>", "a b"),
        ("<table><tr><td>a</td></tr><tr><td>b</td></tr></table>", "a\n\nb"),
        ('before<img src="data:image/png;base64,iVBORw0KGgo="/>after', "beforeafter"),
        ("<p>a  \n b</p>", "a b"),
    ],
)
def test_the_text_of_html_is_returned_without_its_markup(html, text, or_plain):
    assert text_of_html(html, or_plain=or_plain) == text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("before <![áDATA[broken]]> after", "before after"),
        ("a<![ endif]-->b", "ab"),
        ("a<![x", "a"),
        ("<html><head><title>t</title><body>a head without its end", "a head without its end"),
        ("<title>t</title>a", "a"),
        ("</p></table></b>a", "a"),
        ("<b>J<!-- a comment within a name -->örgen</b>", "Jörgen"),
        ("J&#246;rgen &Aring;berg &ampersand", "Jörgen Åberg &ersand"),
        ("<meta charset=windows-1251>é", "é"),
        ("<o:p>Office</o:p>", "Office"),
        ("<textarea><b></textarea>", "<b>"),
        ("a\0b\ud800&#0;&#xD800;", "a\ufffdb\ufffd\ufffd\ufffd"),
    ],
)
def test_malformed_html_is_read_as_a_browser_reads_it(html, text):
    assert text_of_html(html) == text


def test_lines_are_preserved_only_in_a_text_without_tags_that_may_be_plain():
    assert text_of_html("a  \n b") == "a b"
    assert text_of_html("a  \n b\r\nc", or_plain=True) == "a\nb\nc"
    assert text_of_html("a  \n b<br>c", or_plain=True) == "a b\nc"


def test_a_large_embedded_image_removes_no_text():
    image = f'<img src="data:image/png;base64,{"A" * MIB}"/>'

    assert text_of_html(f"{image}after") == "after"


def test_no_text_is_lost_where_elements_nest_deeply():
    depth = 20 * MAX_DEPTH
    begins = "".join(f"<div class='level {level}'>{level}" for level in range(depth))

    text = text_of_html(f"{begins}{'</div>' * depth}after")

    assert text.split() == [*map(str, range(depth)), "after"]


def test_a_script_in_deeply_nested_elements_stays_hidden():
    html = "<div>" * (2 * MAX_DEPTH) + "<script>" + "if (a > b) c();" * 1000 + "</script>after"

    assert text_of_html(html) == "after"


@pytest.mark.slow
@pytest.mark.parametrize(
    "piece",
    [
        *("<", "<a ", "<!--", "<script>", '<a "', "<a '", "&#", "&amp", "&", "<head><", "data:a;"),
        *("<!", '"<', "\n\t ", "<a href='", "<![CDATA[", "</script", "<div>", "<b><p>", "<a><div>"),
        *("<table>x", "<svg><![CDATA[", "<b></i>", "</x>", "<b><i><p></b></i>", "<b></i></i>"),
    ],
)
def test_a_mebibyte_of_any_text_is_read_in_seconds(piece):
    """Quadratic time would be minutes."""
    hostile = "<a " + piece * (MIB // len(piece)) + ">" + piece * (MIB // len(piece))

    assert _seconds_for(hostile) < 10


@pytest.mark.slow
@pytest.mark.parametrize(
    "hostile",
    [
        "<b>" * (MIB // 6) + "</i>" * (MIB // 8),
        ("<b>" * MAX_DEPTH + "</i>" * MAX_DEPTH) * (MIB // (7 * MAX_DEPTH)),
        "<div>" * (2 * MAX_DEPTH) + "<script>" + "</b>" * (MIB // 4),
        "<a " + "".join(f"b{number}=1 " for number in range(MIB // 8)) + ">",
    ],
    ids=["ends", "ends again and again", "script", "attributes"],
)
def test_many_open_elements_or_attributes_are_read_in_seconds(hostile):
    assert _seconds_for(hostile) < 10


def _seconds_for(html: str) -> float:
    began_s = time.perf_counter()
    text_of_html(html)
    return time.perf_counter() - began_s


@pytest.mark.parametrize(
    ("html", "images"),
    [(None, False), ("", False), ("text", False), ("<IMG src='x'>", True), ("x<img>", True)],
)
def test_only_html_with_an_image_tag_has_images(html, images):
    assert has_images(html) is images
