"""An inviter in its own process: it asks the vendor, prints ``asked``, and waits to be killed."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from zoneinfo import ZoneInfo

from schemas.surveys.rule import Vendor
from tests.integration.surveys.inviting import DUE, accounts_at
from workers.clients.surveys.outcomes import Outcome
from workers.database import connections
from workers.surveys.jobs.invite import invite
from workers.surveys.jobs.judgement import SurveyWorkspace
from workers.surveys.jobs.vendor_requests import VendorAccount
from workers.surveys.store.invitations import DueInvitation

if __name__ == "__main__":
    database, root = sys.argv[1:]
    digidesk = accounts_at(root)[Vendor.DIGIDESK]

    def ask_and_wait(one: DueInvitation, send_until_s: float) -> Outcome:
        outcome = digidesk.ask(one, send_until_s)
        print("asked", flush=True)  # noqa: T201
        sys.stdin.readline()
        return outcome

    with connections.open_pool(database) as pool, ThreadPoolExecutor(1) as threads:
        invite(
            SurveyWorkspace(name="demo", zone=ZoneInfo("Europe/Stockholm"), country="SE"),
            {Vendor.DIGIDESK: VendorAccount(ask=ask_and_wait, per_minute=10)},
            session=pool.connection,
            threads=threads,
            clock=lambda conn: DUE,
        )
