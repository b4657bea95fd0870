"""The vendor's sample documents, and helpers that change them."""

from __future__ import annotations

import pytest


@pytest.fixture
def callback(document):
    return document("callback_answer_errand")


@pytest.fixture
def report(document):
    return document("errand_report_33")


@pytest.fixture
def rating(document):
    return document("facebook_rating_3")
