"""Documents that are called JSON and have no quotes and commas."""

from __future__ import annotations

import pytest

from schemas.strict_json import InvalidJson
from schemas.surveys.bare_json import MAX_DEPTH, read_json_or_bare_words


@pytest.mark.parametrize(
    ("text", "value"),
    [
        # The samples of CentraCX, line by line.
        (
            "{\nstatus: 200\ndata: {\nquestion: abcdef\ntitle: question 2\n}\n}",
            {"status": 200, "data": {"question": "abcdef", "title": "question 2"}},
        ),
        (
            "{\nstatus: {\nid: 5,\ndescription: 'Partially Complete'\n}\n}",
            {"status": {"id": 5, "description": "Partially Complete"}},
        ),
        # The same in one line.
        (
            "{status: 200, data: {question: abcdef, title: question 2}}",
            {"status": 200, "data": {"question": "abcdef", "title": "question 2"}},
        ),
        ("{ status: 200 data: { title: 'a' } }", {"status": 200, "data": {"title": "a"}}),
        # A text without quotes may hold a comma, a colon and digits.
        (
            "{question: How was it, really?\ntitle: 2\n}",
            {"question": "How was it, really?", "title": 2},
        ),
        ("{a: 2 of us\nb: 12:30\n}", {"a": "2 of us", "b": "12:30"}),
        (
            "{answers: [{id: 48 text: Yes},\n{id: 47\ntext: No\n}]}",
            {"answers": [{"id": 48, "text": "Yes"}, {"id": 47, "text": "No"}]},
        ),
        ("[a, b c, 7]", ["a", "b c", 7]),
        ("{a: true, b: null, c: false}", {"a": True, "b": None, "c": False}),
        # Quotes of both kinds, with escapes.
        ('{\'a\': \'it\\\'s\', "b": "\\u00e5\\n", c: "}"}', {"a": "it's", "b": "å\n", "c": "}"}),
        ("{}", {}),
        # Whatever is JSON is read as JSON.
        ('{"a": 12345678901234567890123}', {"a": 12345678901234567890123}),
        ('{"a": "two\nlines", "b": 4.5}', {"a": "two\nlines", "b": 4.5}),
        ('"a"', "a"),
    ],
)
def test_bare_words_are_read_as_json_would_be(text, value):
    assert read_json_or_bare_words(text.encode()) == value


@pytest.mark.parametrize(
    "text",
    ["", "{", "{a}", "{a: ", "{a: [}", "{a: {b: c}", "{} {}", "[,]", "<html>{a: b}</html>", "a: b"],
)
def test_anything_else_is_refused(text):
    with pytest.raises(InvalidJson):
        read_json_or_bare_words(text.encode())


def test_endless_nesting_is_refused():
    with pytest.raises(InvalidJson):
        read_json_or_bare_words(b"{a:" * 5_000 + b"1" + b"}" * 5_000)


def nested(depth):
    return ("{a: " * depth + "b" + "}" * depth).encode()


def test_objects_may_be_nested_to_the_limit_and_no_deeper():
    value = read_json_or_bare_words(nested(MAX_DEPTH))
    for _ in range(MAX_DEPTH):
        value = value["a"]

    assert value == "b"
    with pytest.raises(InvalidJson):
        read_json_or_bare_words(nested(MAX_DEPTH + 1))
