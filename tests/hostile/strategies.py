"""Malformed documents, and the bytes in which they may arrive."""

from __future__ import annotations

import codecs
import copy
import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

DOCUMENTS = Path(__file__).parents[1] / "support" / "documents"
GONE = object()
_MARK = "hostile-mark-"

# JSON texts that no dict can express, or that ``json.dumps`` does not write.
RAW = (
    *("1e400", "-1e400", "-0", "-0.0", "1.0", "1E2", "1e-400", "0.1e1", "9007199254740993"),
    *("9" * 20, "9" * 4000, "-" + "9" * 4000, "9" * 5000, "NaN", "Infinity", "01", "+1", ".5"),
    *('{"a":1,"a":2}', '{"type":"x","type":"y","id":"1","id":"2"}', '{"":{"":{}}}'),
    *("[" * depth + "]" * depth for depth in (60, 64, 65, 250, 253, 260, 900, 990, 1010, 100_000)),
    *('{"a":' * depth + "1" + "}" * depth for depth in (62, 252, 955, 20_000)),
    '"' + "x" * 1_000_000 + '"',
    '"' + "\u00e5\u4e2d\U0001f600" * 100_000 + '"',
    '"' + "\\u0000" * 50_000 + '"',
    "[" + ",".join(['{"type":"c3_answer_errands","id":"1"}'] * 10_000) + "]",
    "[" + ",".join(map(str, range(1, 10_001))) + "]",
    "{" + ",".join(f'"m{number}":{number}' for number in range(10_000)) + "}",
    *(r'"\ud800"', r'"\udfff\ud800"', r'"\ud83d\ude00"', r'"\u0000"', r'"\ufffe\uffff"', '"\\x"'),
    *('"\t"', '"\n"', '"\x7f\x80"', '"\u202e\u2066"', '"\ufeff"', '"\U000e0000\U0010ffff"', "'x'"),
    *("/**/1", "undefined", "", "true false"),
)
ODD = (
    *(GONE, None, True, False, 0, -1, 1.5, 2**31, 2**63, -(2**63) - 1, "", "0", "-1", " 1", "1.0"),
    *("No Date", "0000/00/00 00:00", "9999/12/31 23:59", "<img src=x title=y>", "<![", "%s", "{0}"),
    *("'; DROP TABLE intake.callback; --", "../../etc/passwd", "https://evil.test/?a=b"),
    *([], [[]], [None], {}, {"data": None}, {"type": "x", "id": "1"}, [{"id": 1}, {"id": "1"}]),
)
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=50)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)


def sample(name: str) -> dict[str, Any]:
    """One of the vendor's documents."""
    read: dict[str, Any] = json.loads((DOCUMENTS / f"{name}.json").read_text("utf-8"))
    return read


@st.composite
def texts(draw: DrawFn, name: str, *, secret: str | None = None) -> str:
    """A vendor's document, changed in a few places, as JSON text (valid or not).

    With ``secret`` it has that secret, if its shape allows.
    """
    document = {"": sample(name)}
    raw: dict[str, str] = {}
    for _ in range(draw(st.integers(1, 3))):
        holder, step = draw(st.sampled_from(list(places(document)) or [({}, "")]))
        if isinstance(holder, dict) and draw(st.integers(0, 4)) == 0:
            mark = f"{_MARK}{len(raw)}"  # a duplicate member, or an additional one
            raw[mark] = json.dumps(draw(st.sampled_from([step, "extra"]) | st.text(max_size=9)))
            step = mark
        change(holder, step, draw(st.sampled_from(ODD) | TREES | raws(raw)))
    if secret is not None and isinstance(document.get(""), dict):
        document[""].setdefault("meta", {})
        if isinstance(document[""]["meta"], dict):
            document[""]["meta"]["api_secret"] = secret
    text = json.dumps(document.get(""), ensure_ascii=draw(st.booleans()))
    for mark, written in raw.items():
        text = text.replace(f'"{mark}"', written)
    return text


def raws(raw: dict[str, str]) -> SearchStrategy[str]:
    """A mark that stands for one of ``RAW``."""

    def marked(text: str) -> str:
        mark = f"{_MARK}{len(raw)}"
        raw[mark] = text
        return mark

    return st.sampled_from(RAW).map(marked)


@st.composite
def bodies(draw: DrawFn, name: str, *, secret: str | None = None) -> bytes:
    """A document as bytes: mostly as UTF-8, sometimes in an unexpected form."""
    body = draw(texts(name, secret=secret)).encode("utf-8", "surrogatepass")
    way = draw(st.integers(0, 19))
    if way == 0:
        return body[: draw(st.integers(0, len(body)))]
    if way == 1:
        return body.decode("utf-8", "replace").encode("utf-16")
    if way == 2:
        return gzip.compress(body, 1)
    if way == 3:
        return codecs.BOM_UTF8 + body
    if way == 4:
        return body + b"\xff\xfe\xc3"
    if way == 5:
        return draw(st.binary(max_size=100))
    return b" \r\n\t" + body + b"\n" if way == 6 else body


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every container in ``value`` with each of its steps."""
    for step in list(value) if isinstance(value, dict) else range(len(value)):
        yield value, step
        if isinstance(value[step], dict | list):
            yield from places(value[step])


def change(holder: Any, step: Any, odd: Any) -> None:
    """Replace a member by ``odd``, or delete it."""
    if odd is not GONE:
        holder[step] = copy.deepcopy(odd)
    elif isinstance(holder, list):
        del holder[step]
    else:
        holder.pop(step, None)
