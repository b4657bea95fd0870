from __future__ import annotations

from html import escape

from hypothesis import given
from hypothesis import strategies as st

from schemas.text.html import text_of_html

PIECES = ["<", ">", "</", "/>", "<!--", "-->", "<![CDATA[", "]]>", "<?", "&", "&#", "&amp", ";"]
TAGS = ["div", "p", "b", "li", "td", "script", "style", "title", "head", "table", "svg", "x:y"]


@given(st.lists(st.sampled_from(PIECES + TAGS + [f"<{tag}>" for tag in TAGS]) | st.text()))
def test_any_text_is_read(pieces):
    text_of_html("".join(pieces)).encode()


@given(st.text())
def test_escaped_text_is_read_unescaped(text):
    words = text.encode(errors="replace").decode().replace("\0", "\ufffd").split()

    assert text_of_html(f"<p>{escape(text)}</p>").split() == words


@given(st.text("abcdefgh åäö", min_size=1), st.data())
def test_a_name_is_found_however_it_is_marked_up(name, data):
    marks = ["", "<b>", "</b>", "<span style='a>b'>", "<!-- c -->", "<![if x]>", "</nothing>"]
    html = "".join(data.draw(st.sampled_from(marks)) + character for character in name)

    assert text_of_html(html) == " ".join(name.split())
