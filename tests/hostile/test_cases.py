"""Inputs that once caused a failure, or might: ``cases/<target>-<why>``."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.hostile.targets import TARGETS

CASES = sorted((Path(__file__).parent / "cases").iterdir())
DOCUMENTS = sorted((Path(__file__).parents[1] / "support" / "documents").glob("*.json"))
WITHIN_S = 2.0  # of processor time; most of it is for cutting the input in all ways


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_case_is_read_or_refused_at_once(case):
    target = TARGETS[case.name.partition("-")[0]]
    data = case.read_bytes()
    began = time.process_time()

    target(data)

    assert time.process_time() - began < WITHIN_S


@pytest.mark.parametrize("name", TARGETS)
def test_every_document_is_read_or_refused_by_every_target(name):
    for document in DOCUMENTS:
        TARGETS[name](document.read_bytes())
