"""Surveys of a campaign: the rules that are on, the vendors' faults, and who pushes the answers."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from tests.chaos import conversations
from tests.chaos.bridge import PUSH_SECRET, WORKSPACE, ChaosBridge
from tests.chaos.repeating import repeating

VENDORS = ("digidesk", "customer_radar")
PUSH_EVERY_S = 2.0
ROWS_AT_ONCE = 500
RULES = Path(__file__).with_suffix(".toml")
RULE = "csat"  # the last of them: when it is on, all are
ROBOTS = {"share": 0.6, "within_s": 4, "chats_every_s": conversations.CHATS_EVERY_S}
SENDING = ["digidesk.survey_requests", "customer_radar.invitation", *conversations.SENDING]
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
    **conversations.FAULTS,
}


def switch_on(bridge: ChaosBridge) -> None:
    """Load the rules, switch them on, and let many persons answer at once."""
    names = [rule["name"] for rule in tomllib.loads(RULES.read_text("utf-8"))["rule"]]
    for arguments in (["load", str(RULES)], *(["on", name] for name in names)):
        done = bridge.cention("surveys", "rules", *arguments)
        assert done.returncode == 0, done.stdout
    bridge.sandbox.post("surveys/robots", ROBOTS)


def end_chats(bridge: ChaosBridge) -> None:
    """Let no more chats begin."""
    bridge.sandbox.post("surveys/robots", {"chats_every_s": 0})


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
    with repeating(pusher.push_all, every_s=PUSH_EVERY_S):
        yield pusher
