"""Wanting, draining, filing and polling the same records concurrently."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import Any

from tests.integration.bridge import REPORTS, Bridge, answering
from tests.integration.sync.test_file_callbacks import errand_of, insert_callbacks
from tests.support.eventually import eventually
from workers.sync.jobs.family_spec import PlainDocument

SECONDS = 3.0
IDS = range(1, 31)


class Errands:
    """Errands that keep changing; each change makes the errand wanted, as Cention's list would."""

    def __init__(self, sample: dict[str, Any]) -> None:
        self.sample = sample
        self.versions = dict.fromkeys(IDS, 0)
        self.lock = Lock()

    def change(self, errand_id: int) -> None:
        with self.lock:
            self.versions[errand_id] += 1

    def fetch(self, errand_id: int) -> PlainDocument:
        with self.lock:
            version = self.versions[errand_id]
        return answering(report(self.sample, errand_id, version))(errand_id)


def report(sample: dict[str, Any], errand_id: int, version: int) -> dict[str, Any]:
    """Make a report whose version renames the area that all errands share."""
    attributes = sample["data"]["attributes"]
    data = {
        **attributes["basic"]["data"],
        "subject": f"version {version}",
        "areaName": f"area {version}",
    }
    changed = {**attributes, "c3_id": errand_id, "basic": {**attributes["basic"], "data": data}}
    return {"data": {**sample["data"], "id": str(errand_id), "attributes": changed}}


def for_a_while(action: Callable[[random.Random], object]) -> int:
    rng, ends_at, count = random.Random(1), time.monotonic() + SECONDS, 0
    while time.monotonic() < ends_at:
        action(rng)
        count += 1
    return count


def test_concurrent_work_ends_with_every_record_newest_and_none_wanted(offline_bridge, document):
    bridge = offline_bridge
    errands = Errands(document("errand_report_33"))
    callback = document("callback_answer_errand")

    def change_and_want(rng: random.Random) -> None:
        some = rng.sample(IDS, 10)
        for errand_id in some:
            errands.change(errand_id)
        bridge.want(REPORTS, *some)

    def change_and_call_back(rng: random.Random) -> None:
        for number in rng.sample(IDS, 5):
            errands.change(number)
            changed = {**callback, "data": {**callback["data"], "id": str(rng.randrange(10**9))}}
            errand = {**errand_of(callback), "id": str(number)}
            changed["included"] = [errand]
            changed["data"]["relationships"] = {
                "errand": {"data": {"type": "c3_answer_errands", "id": str(number)}}
            }
            insert_callbacks(bridge, changed)
        bridge.file()

    def drain_all(rng: random.Random) -> None:
        lease_s = 0.02 if rng.random() < 0.2 else 60.0  # sometimes too short to finish
        bridge.drain(REPORTS, fetch=errands.fetch, batch_size=20, group_size=7, lease_s=lease_s)

    actions = [change_and_want, change_and_call_back, drain_all, drain_all]
    with ThreadPoolExecutor(len(actions)) as executor:
        counts = list(executor.map(for_a_while, actions))

    assert all(count > 5 for count in counts)
    eventually(lambda: settled(bridge, errands))
    found = bridge.rows("SELECT errand_id, subject FROM cention.errand")
    assert {row["errand_id"]: row["subject"] for row in found} == {
        errand_id: f"version {version}"
        for errand_id, version in errands.versions.items()
        if version
    }
    assert bridge.rows("SELECT problem FROM intake.callback WHERE filed_at IS NULL") == []
    assert bridge.rows("SELECT problem FROM intake.landed WHERE problem IS NOT NULL") == []


def settled(bridge: Bridge, errands: Errands) -> bool:
    bridge.file()
    bridge.make_due()
    bridge.drain(REPORTS, fetch=errands.fetch)
    return bridge.wanted_ids(REPORTS) == []
