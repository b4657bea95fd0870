"""Hypothesis strategies for texts that are JSON, or nearly: with all that writers of JSON do."""

from __future__ import annotations

import json

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

_NAMES = ('"a"', '"b"', '"\\u0000"', '"\\ufffd"', '"\ud800"', '""', '"\\u0061"')
_ODD = (
    *("0", "-0", "-0.0", "1E5", "1.0", "1e-999", "1e999", "-1e999", "5e-324", "01", "1.", "+1"),
    *("9" * 15, "9" * 18, "9" * 19, "9" * 20, "-" + "9" * 18, "-" + "9" * 19, "1" + "0" * 400),
    *("9223372036854775807", "18446744073709551615", "18446744073709551616", "9" * 5000),
    *("0.1234567890123456789", "123456789012345678901234567890.5", "0.30000000000000004e0"),
    *("NaN", "Infinity", "-Infinity", "true", "false", "null", "nul", "", "'a'", '"\\x"', '"'),
    *('"\\u0000"', '"\\\\u0000"', '"\\\\\\u0000"', '"\\ud800"', '"\\ud83d\\ude00"', '"\\udc00x"'),
    *('"\0"', '"\t"', '"\x7f"', '"\ud800"', '"\ud83d\ude00"', '"\ufffd"', '"12345678901234567890"'),
    *('"a\\/b\\b\\f\\n\\r\\t\\"\\\\"', '"\u2028"', '"\\u00e9\u00e9"', "\ufeff", "\u00a0", "/**/1"),
)
_SPACE = st.sampled_from(["", "", "", " ", "\n", "\t", "\r\n", "\f", "\0", "\u00a0"])


def _written(strategy: SearchStrategy[object]) -> SearchStrategy[str]:
    return st.builds(
        lambda value, escape: json.dumps(value, ensure_ascii=escape), strategy, st.booleans()
    )


def _list(texts: SearchStrategy[str]) -> SearchStrategy[str]:
    return st.builds(
        lambda elements, space: f"[{space}{f',{space}'.join(elements)}]",
        st.lists(texts, max_size=4),
        _SPACE,
    )


def _object(texts: SearchStrategy[str]) -> SearchStrategy[str]:
    pair = st.builds(
        lambda name, space, value: f"{name}{space}:{space}{value}",
        st.sampled_from(_NAMES) | _written(st.text()),
        _SPACE,
        texts,
    )
    return st.lists(pair, max_size=5).map(lambda pairs: f"{{{','.join(pairs)}}}")


_SCALARS = st.sampled_from(_ODD) | _written(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text()
)
_WHOLE = st.recursive(_SCALARS, lambda inner: _list(inner) | _object(inner), max_leaves=12)


def _cut(text: str, at: int, instead: str) -> str:
    at %= len(text) + 1
    return text[:at] + instead + text[at + 1 :]


json_texts = _WHOLE | st.builds(
    _cut, _WHOLE, st.integers(0, 1000), st.sampled_from(["", "\0", "9", "\\", '"', ",", "\ud800"])
)
"""Objects with members twice, numbers of any size, lone surrogates, and texts that are broken."""
