"""Fixtures: a contact centre full of traces, and a terminal beside it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.integration.bridge import Bridge
from tests.integration.privacy import centre as made
from tests.integration.privacy.centre import Centre


@pytest.fixture
def centre(offline_bridge: Bridge, document: Callable[[str], dict[str, Any]]) -> Centre:
    """Everything filled through the paths of receiver and workers."""
    report, callback = document("errand_report_33"), document("callback_answer_errand")
    centre = Centre(
        bridge=offline_bridge,
        reports={
            made.WRITTEN: made.own_report(report),
            made.MENTIONED: made.mentioning_report(report),
            made.UNREADABLE: made.unreadable_report(report),
            made.STRANGERS: made.report_of(report, made.STRANGERS),
        },
        ratings={
            3: made.rating_by(3, "Marker Zuckermann", 2117249628),
            4: made.rating_by(4, "Other Marksman", 4711),
        },
    )
    for told in made.answered_callbacks(callback):
        centre.tell(told)
    offline_bridge.file()
    centre.fetch(*centre.reports)
    centre.fetch_ratings(*centre.ratings)
    centre.fetch_files()
    centre.tell(made.broken_callback(callback), problem="/data/attributes/event: must be a number")
    centre.tell(made.waiting_callback(callback))
    offline_bridge.want(made.FILES, 999)
    offline_bridge.execute("UPDATE intake.wanted SET last_error = %s", f"said {made.ADDRESS}")
    return centre


@pytest.fixture
def spool(environment: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The folder of a spool, as the settings name it."""
    folder = tmp_path / "spool"
    folder.mkdir(mode=0o700)
    environment.setenv("SPOOL_DIR", str(folder))
    return folder
