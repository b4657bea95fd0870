"""A Hypothesis strategy for any JSON value."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy


def any_json(numbers: SearchStrategy[float]) -> SearchStrategy[Any]:
    """Draw values up to some depth, with these numbers besides the integers."""
    return st.recursive(
        st.none() | st.booleans() | st.integers() | numbers | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=20,
    )
