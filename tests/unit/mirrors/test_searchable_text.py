from __future__ import annotations

from workers.mirrors.store.library import MAX_TEXT_CHARACTERS, searchable_text


def test_plain_text_keeps_its_lines_and_html_gets_them():
    assert searchable_text("one\ntwo") == "one\ntwo"
    assert searchable_text("<p>one\ntwo</p>three") == "one two\nthree"
    assert searchable_text(None) == ""


def test_a_very_long_text_is_cut_at_the_end():
    assert len(searchable_text("x" * (2 * MAX_TEXT_CHARACTERS))) == MAX_TEXT_CHARACTERS


def test_a_large_embedded_image_removes_no_text():
    image = f'<img src="data:image/png;base64,{"A" * (2 * MAX_TEXT_CHARACTERS)}"/>'

    assert searchable_text(f"{image}after") == "after"
