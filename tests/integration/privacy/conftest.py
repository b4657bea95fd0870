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
def centre(lonely_bridge: Bridge, document: Callable[[str], dict[str, Any]]) -> Centre:
    """Everything filled through the paths of receiver and workers."""
    report, callback = document("errand_report_33"), document("callback_answer_errand")
    centre = Centre(
        bridge=lonely_bridge,
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
    answer = {"body": "Dear MARKER", "html_body": "<p>Dear MARKER</p>", "subject": "Re: MARKER"}
    to_person = made.sent_to(made.ADDRESS, made.NAME)
    to_stranger = made.sent_to(made.STRANGER, "Other Marksman")
    centre.tell(
        made.callback_of(
            callback, made.WRITTEN, answer=1, files=[made.OWN_FILE], to=to_person, **answer
        )
    )
    centre.tell(
        made.callback_of(
            callback,
            made.MENTIONED,
            answer=2,
            files=[made.STRANGERS_FILE],
            to=to_stranger + made.sent_to(made.ADDRESS, made.NAME),
            body=f"As {made.NAME} <{made.ADDRESS}> says",
            html_body=f"As {made.SPELLINGS[1]} says",
        )
    )
    centre.tell(
        made.callback_of(callback, made.STRANGERS, answer=3, files=[], to=to_stranger, body="Hi")
    )
    lonely_bridge.file()
    centre.fetch(*centre.reports)
    centre.fetch_ratings(*centre.ratings)
    centre.fetch_files()
    broken = made.callback_of(callback, made.WRITTEN, answer=4, files=[], to=to_person, **answer)
    broken["data"]["attributes"]["event"] = "MARKER"
    centre.tell(broken, problem="/data/attributes/event: must be a number")
    centre.tell(  # waits to be filed, and does not have the address
        made.callback_of(callback, made.WRITTEN, answer=5, files=[791], to=[], **answer)
    )
    lonely_bridge.want(made.FILES, 999)
    lonely_bridge.execute("UPDATE intake.wanted SET last_error = %s", f"said {made.ADDRESS}")
    return centre


@pytest.fixture
def spool(environment: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The folder of a spool, as the settings name it."""
    folder = tmp_path / "spool"
    folder.mkdir(mode=0o700)
    environment.setenv("SPOOL_DIR", str(folder))
    return folder
