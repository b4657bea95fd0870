"""A sender in its own process: it records that it sends, prints ``sending``, and is killed."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import cast

from tests.integration.analytics.reporting import MONDAY, mail_to
from workers.analytics.jobs.reports.send import send_due
from workers.clients.mail_message import OutgoingMail
from workers.clients.smtp import SmtpClient
from workers.clients.surveys.outcomes import Outcome
from workers.database import connections


class _Waiting:
    """Sends before it waits to be killed, or not at all."""

    def __init__(self, client: SmtpClient, *, sends: bool) -> None:
        self._client = client
        self._sends = sends

    def send(self, mail: OutgoingMail, *, send_until_s: float) -> Outcome:
        if self._sends:
            self._client.send(mail, send_until_s=send_until_s)
        print("sending", flush=True)  # noqa: T201
        sys.stdin.readline()
        raise AssertionError("it was not killed")


if __name__ == "__main__":
    database, port, when = sys.argv[1:]
    mail = mail_to(int(port))
    waiting = cast(SmtpClient, _Waiting(mail.client, sends=when == "after"))
    with connections.open_pool(database) as pool:
        send_due(replace(mail, client=waiting), session=pool.connection, now=lambda: MONDAY)
