"""Fixtures: a contact centre with traces of a person, and a terminal."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.integration.bridge import Bridge
from tests.integration.privacy import centre as data
from tests.integration.privacy.centre import Centre


@pytest.fixture
def centre(offline_bridge: Bridge, document: Callable[[str], dict[str, Any]]) -> Centre:
    """A database filled through the code of receiver and workers."""
    report, sample = document("errand_report_33"), document("callback_answer_errand")
    centre = Centre(
        bridge=offline_bridge,
        reports={
            data.WRITTEN: data.own_report(report),
            data.MENTIONED: data.mentioning_report(report),
            data.UNREADABLE: data.unreadable_report(report),
            data.STRANGERS: data.report_of(report, data.STRANGERS),
        },
        ratings={
            3: data.rating_by(3, "Marker Zuckermann", 2117249628),
            4: data.rating_by(4, "Other Marksman", 4711),
        },
    )
    for callback in data.answered_callbacks(sample):
        centre.store_callback(callback)
    offline_bridge.file()
    # Retention deletes old minutes whatever the settings are.
    offline_bridge.execute("UPDATE intake.activity_minute SET minute_at = now()")
    centre.fetch(*centre.reports)
    centre.fetch_ratings(*centre.ratings)
    centre.fetch_files()
    centre.store_callback(
        data.broken_callback(sample), problem="/data/attributes/event: must be a number"
    )
    centre.store_callback(data.waiting_callback(sample))
    offline_bridge.want(data.FILES, 999)
    offline_bridge.execute("UPDATE intake.wanted SET last_error = %s", f"about {data.ADDRESS}")
    return centre


@pytest.fixture
def spool(environment: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The folder of a spool, as the settings name it."""
    folder = tmp_path / "spool"
    folder.mkdir(mode=0o700)
    environment.setenv("SPOOL_DIR", str(folder))
    return folder
