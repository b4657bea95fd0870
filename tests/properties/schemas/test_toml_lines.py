"""The line index of TOML knows every key that ``tomllib`` reads, at its line."""

from __future__ import annotations

import tomllib

from hypothesis import given
from hypothesis import strategies as st

from schemas.text.toml_lines import line_at, line_index

NAMES = st.sampled_from(["a", "b-1", '"c d"', "'e.f'", '"\\u00e5"', '"#x"'])
VALUES = st.sampled_from(
    [
        "1",
        '"te]xt # = \\" ["',
        "'lit\\'",
        '"""\nmany\n[lines] = "" \\"""\n"""',
        "'''\na = 1\n'''",
        "[1, # [\n 2]",
        "{ x = [1], y = '}' }",
        "[ { z = 1 },\n\n { z = 2 } ] # end",
        "2020-01-01T00:00:00Z",
        "-1.5e3",
    ]
)
KEYS = st.lists(NAMES, min_size=1, max_size=2).map(" . ".join)
BLANK = st.sampled_from(["", "\n", "# [a]\n", "  \t\n"])
LINES = st.one_of(
    st.tuples(BLANK, KEYS, VALUES).map(lambda p: f"{p[0]}{p[1]} = {p[2]}\n"),
    st.tuples(BLANK, KEYS).map(lambda p: f"{p[0]}[{p[1]}] # ]\n"),
    st.tuples(BLANK, KEYS).map(lambda p: f"{p[0]}[[ {p[1]} ]]\n"),
)


def keys_of(value, path=()):
    """Yield the path of each key, but those within values."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield (*path, name)
            yield from keys_of(inner, (*path, name))
    elif isinstance(value, list) and all(isinstance(one, dict) for one in value):
        for place, inner in enumerate(value):
            yield from keys_of(inner, (*path, place))


@given(st.lists(LINES, max_size=12))
def test_every_key_has_the_line_where_it_first_stands(parts):
    text = ""
    for part in parts:  # what makes the document invalid is left out
        try:
            tomllib.loads(text + part)
        except tomllib.TOMLDecodeError:
            continue
        text += part
    lines, written = line_index(text), text.split("\n")

    for path in keys_of(tomllib.loads(text)):
        line = line_at(lines, path)
        assert 1 <= line <= len(written)
        if path in lines:
            name = str([part for part in path if isinstance(part, str)][-1])
            shown = written[line - 1]
            assert name in shown or "\\u00e5" in shown
        else:  # within an inline table: the line of what it is in
            assert any(path[:end] in lines for end in range(1, len(path)))
