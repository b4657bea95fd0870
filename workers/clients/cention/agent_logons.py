"""Log-ins and log-outs of agents.

Source: Cention Logio API. Claim: "Access to logio API". It is no JSON:API: a list of plain objects,
or lines of CSV, or ``{"error": "…"}``.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from schemas.text.timestamps import EPOCH
from workers.clients import errors
from workers.clients.cention.jsonapi_client import bearer
from workers.clients.http import Answer, HttpApi
from workers.clients.json_bodies import error_text, read_json, sanitise_for_log

ROUTE = "capi/custom/logio"
BOM = b"\xef\xbb\xbf"
_NUMBERED = re.compile(r'"?[0-9]+"?,')


class AgentLogonsApi:
    """What one token with the claim "Access to logio API" may do.

    A token sees the agents of the system group that it was made in, and no others.
    """

    def __init__(self, http: HttpApi, *, token: str) -> None:
        self._http = http
        self._headers = {
            "Accept": "application/json, text/csv;q=0.9",
            "Authorization": bearer(token),
            "Cache-Control": "no-store",
        }

    def fetch(
        self, since: datetime, until: datetime, *, login_name: str | None = None
    ) -> list[Any]:
        """Return the log-ins and log-outs of a time as rows, for ``read_agent_logons``.

        A row is an object ``{"id", "name", "timestamp", "action"}`` of JSON, which is asked for,
        or a list of the columns of one line of CSV; ``[]`` if nobody logged in or out. Of an agent
        if ``login_name`` is given, else of all. Times are aware and cut down to seconds; whether
        ``since`` and ``until`` belong to the time is not documented, so let windows overlap.
        Has no side effect. Raises ``ApiError``, and ``ValueError`` before sending anything if
        ``since`` is later than ``until``: what Cention makes of that is unknown.
        """
        if since > until:
            raise ValueError("since is later than until")
        # All are always sent: without them Cention answers CSV, and the last 7 days.
        query = {"format": "json", "from": _seconds(since), "to": _seconds(until)}
        if login_name is not None:
            query["name"] = login_name
        answer = self._http.request("GET", f"{ROUTE}?{urlencode(query)}", headers=self._headers)
        return self._rows(answer)

    def probe(self, at: datetime) -> None:
        """Find out whether Cention is there and takes the token; asks for one second."""
        self.fetch(at - timedelta(seconds=1), at)

    def _rows(self, answer: Answer) -> list[Any]:
        """Take the body for what it is, whatever was asked for and whatever its type claims."""
        body = answer.body.removeprefix(BOM).strip()
        if body in (b"", b"null"):
            return []
        if body.startswith(b"["):
            return self._listed(body, answer.status)
        if said := error_text(body):
            token = self._headers["Authorization"].removeprefix("Bearer ")
            told = sanitise_for_log(said[0], secrets=(token,))
            raise errors.BadRequest(f"refused: {told}", api=self._http.name, status=answer.status)
        text = body.decode(errors="replace")
        if not _NUMBERED.match(text):
            raise errors.InvalidResponse(
                "neither a list nor CSV", api=self._http.name, status=answer.status
            )
        return list(_columns(text))

    def _listed(self, body: bytes, status: int) -> list[Any]:
        try:
            rows = read_json(body)
        except ValueError:
            raise errors.InvalidResponse(
                "no JSON list", api=self._http.name, status=status
            ) from None
        return list(rows)


def _seconds(moment: datetime) -> str:
    return str((moment - EPOCH) // timedelta(seconds=1))


def _columns(text: str) -> Iterator[list[str]]:
    """Read line by line: a quote that is never closed shall not swallow the lines below it."""
    for line in text.split("\n"):
        if not line.strip():
            continue
        try:
            yield next(csv.reader([line.rstrip("\r")]))
        except csv.Error:  # more than 128 KiB in one column
            yield [line]
