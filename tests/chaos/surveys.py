"""Surveys of a campaign: the rule that is on, the vendors' faults, and who pushes the answers."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import requests

from tests.chaos.bridge import PUSH_SECRET, WORKSPACE, ChaosBridge

VENDORS = ("digidesk", "customer_radar")
PUSH_EVERY_S = 2.0
ROWS_AT_ONCE = 500
RULE = "csat"
QUIET_DAYS = 30
RULES = f"""\
[[rule]]
name = "{RULE}"
basis = "existing customers, objection possible in every message"
event = "answered"
vendor = ["digidesk", "customer_radar"]
contact = "either"
after = "5s"
within = "7d"
quiet_days = {QUIET_DAYS}
skip_if_cention_asked = false
[rule.survey.digidesk]
campaign = "Campaign"
[rule.survey.customer_radar]
programme = "1cf1"
location = "1cf2"
[import.digidesk]
"Invitation" = "reference"
"Score" = "nps"
"Comment" = "comment"
"Completed" = "answered_at"
[import.customer_radar]
"Invitation" = "reference"
"Rating" = "stars"
"Comment" = "comment"
"Date" = "answered_at"
"""
ROBOTS = {"share": 0.6, "within_s": 4}
SENDING = ["digidesk.survey_requests", "customer_radar.invitation"]
# Beside those for every request, of which "dropped" and "error_500" write to nobody. A slow body
# lets persons answer while the request is under way.
FAULTS = {
    "sent_then_dropped": {"probability": 0.05},
    "sent_then_500": {"probability": 0.03},
    "xml": {"probability": 0.02},
    "error_in_200": {"probability": 0.03, "types": SENDING},
    "wrong_code": {"probability": 0.05},
    "token_expired": {"probability": 0.1},
    "not_found": {"probability": 0.03, "types": SENDING},
    "slow_body": {"probability": 0.1, "seconds": 5, "types": SENDING},
}


def switch_on(bridge: ChaosBridge) -> None:
    """Load the rules, switch the rule on, and let many persons answer at once."""
    rules = bridge.run.folder / "surveys.toml"
    rules.write_text(RULES, encoding="utf-8")
    for arguments in (["load", str(rules)], ["on", RULE]):
        subprocess.run(
            [sys.executable, "-m", "workers.cli", "surveys", "rules", *arguments],
            cwd=bridge.run.folder,
            env=bridge.environment(),
            check=True,
            stdout=subprocess.DEVNULL,
        )
    bridge.sandbox.post("surveys/robots", ROBOTS)


@dataclass(slots=True, kw_only=True)
class Pusher:
    """Pushes the rows of the vendors' results until each is accepted, as a vendor would."""

    bridge: ChaosBridge
    pushes: int = 0
    lost: int = 0  # pushes that were not accepted, or whose answer was lost
    accepted: set[tuple[str, str]] = field(default_factory=set)  # vendor and our reference

    def push_all(self) -> None:
        """Push what was not accepted before; what fails is pushed again the next time."""
        for vendor in VENDORS:
            rows = self.bridge.sandbox.get(f"surveys/results/{vendor}")["rows"]
            new = [row for row in rows if (vendor, row["Invitation"]) not in self.accepted]
            for first in range(0, len(new), ROWS_AT_ONCE):
                self._push(vendor, new[first : first + ROWS_AT_ONCE])

    def _push(self, vendor: str, rows: list[dict[str, Any]]) -> None:
        receiver = self.bridge.run.addresses()["RECEIVER_URL"]
        self.pushes += 1
        try:
            answer = requests.post(
                f"{receiver}/answers/{WORKSPACE}/{vendor}",
                json={"rows": rows},
                headers={"Authorization": f"Bearer {PUSH_SECRET}"},
                timeout=20,
            )
        except requests.RequestException:
            self.lost += 1
            return
        if answer.status_code == 200:
            self.accepted |= {(vendor, row["Invitation"]) for row in rows}
        else:
            self.lost += 1


@contextmanager
def pushing(bridge: ChaosBridge) -> Iterator[Pusher]:
    """Push the answers of customers every few seconds."""
    pusher = Pusher(bridge=bridge)
    ended = threading.Event()

    def push() -> None:
        while not ended.wait(PUSH_EVERY_S):
            with contextlib.suppress(requests.RequestException):  # the sandbox is busy
                pusher.push_all()

    thread = threading.Thread(target=push)
    thread.start()
    try:
        yield pusher
    finally:
        ended.set()
        thread.join()
