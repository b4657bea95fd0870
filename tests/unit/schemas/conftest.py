"""The vendor's documents, and ways to change one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

DOCUMENTS = Path(__file__).parents[2] / "documents"


@pytest.fixture
def document():
    def read(name):
        return json.loads((DOCUMENTS / f"{name}.json").read_text(encoding="utf-8"))

    return read


@pytest.fixture
def callback(document):
    return document("callback_answer_errand")


@pytest.fixture
def report(document):
    return document("errand_report_33")


@pytest.fixture
def rating(document):
    return document("facebook_rating_3")
