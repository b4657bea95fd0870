"""Callbacks may come in any order, twice, and in any division: the tables end the same."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.integration.bridge import Bridge
from tests.integration.filing.test_filing import errand_of, keep

# When a callback came, and our number for it, depend on the order; what it told must not.
TABLES = {
    "cention.answer": "errand_id, answer_id, response_id, subject, body_text, remote_id",
    "cention.answer_recipient": "response_id, recipient_id, address, name, remote_id",
    "cention.answer_attachment": "answer_id, kind, attachment_id",
    "cention.attachment": "kind, attachment_id, state",
    "intake.wanted": "family, remote_id, marks",
}


def told_again(document: dict[str, Any], remote_id: int) -> dict[str, Any]:
    """Make a later callback about one of two answers; each tells something else."""
    told = deepcopy(document)
    told["data"]["id"] = str(remote_id)
    response = errand_of(told)["attributes"]["answer"]["response"]
    response["c3_id"] = 3304 + remote_id % 2
    response["subject"] = f"subject {remote_id}"
    response["to"] = [
        {"c3_id": 279 + remote_id % 3, "email_address": f"{remote_id}@example.com", "name": "N"}
    ]
    return told


def empty(bridge: Bridge) -> None:
    bridge.execute(
        "TRUNCATE intake.callback, intake.wanted, cention.answer, cention.answer_recipient,"
        " cention.answer_attachment, cention.attachment"
    )


def tables(bridge: Bridge) -> dict[str, list[tuple[Any, ...]]]:
    return {
        table: [tuple(row.values()) for row in bridge.rows(f"SELECT {c} FROM {table} ORDER BY {c}")]
        for table, c in TABLES.items()
    }


@pytest.fixture
def bridge(lonely_bridge) -> Bridge:
    return lonely_bridge


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    order=st.permutations([70, 71, 72, 73, 74]),
    repeats=st.lists(st.sampled_from([70, 71, 72, 73, 74]), max_size=4),
    cuts=st.sets(st.integers(1, 8)),
)
def test_any_order_any_repetition_and_any_division_end_in_the_same_tables(
    bridge, document, order, repeats, cuts
):
    callback = document("callback_answer_errand")
    empty(bridge)
    keep(bridge, *(told_again(callback, id_) for id_ in (70, 71, 72, 73, 74)))
    bridge.file()
    expected = tables(bridge)

    empty(bridge)
    for place, id_ in enumerate([*order, *repeats]):
        keep(bridge, told_again(callback, id_))
        if place in cuts:
            bridge.file()
    bridge.file()

    assert tables(bridge) == expected
