"""Documents changed at any place: values of other types, odd texts and numbers, members missing."""

from __future__ import annotations

import copy
import json
from pathlib import Path

from hypothesis import strategies as st

_SAMPLES = Path(__file__).parents[1] / "support" / "documents"
DELETED = object()
ODD = [
    *(DELETED, None, True, False, 0, -1, 1.5, 1.0, 2**63, -(2**64), 10**400, 1e300),
    *(float("nan"), float("inf"), "", "x", "0", "-1", "9" * 5000, "\0\ud800", "No Date"),
    *([], [[]], [None], ["x"], {}, {"data": None}, {"data": [None]}, {"": {}}),
    *({"type": "x", "id": "1"}, [{"id": 10**400}], {"deep": [[[[{"deeper": []}]]]]}),
]
UNPRINTABLE = 10**5000  # Python refuses to write it in digits
NAMES = st.sampled_from(
    [
        *("data", "included", "type", "id", "attributes", "relationships", "errand", "answer"),
        *("attachments", "embedded_archives", "response", "service", "c3_id", "to", "basic"),
        *("actions", "sla", "extended", "feedback", "errors", "meta", "errands"),
    ]
)
TYPES = st.sampled_from(
    [
        *("c3_answer_errands", "c3_response_attachments", "c3_area_archives", "c3_errand_reports"),
        *("c3_libraries", "c3_library_questions"),
    ]
)
ANY_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | TYPES
    | st.sampled_from(["0", "1", 10**400]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES | st.text(), inner),
    max_leaves=30,
)


def sample(name):
    return json.loads((_SAMPLES / f"{name}.json").read_text(encoding="utf-8"))


def paths(value, path=()):
    yield path
    if isinstance(value, dict | list):
        members = value.items() if isinstance(value, dict) else enumerate(value)
        for step, member in members:
            yield from paths(member, (*path, step))


def changed(document, path, value):
    if not path:
        return None if value is DELETED else value
    document = copy.deepcopy(document)
    holder = document
    for step in path[:-1]:
        holder = holder[step]
    if value is DELETED:
        del holder[path[-1]]
    else:
        holder[path[-1]] = value
    return document
