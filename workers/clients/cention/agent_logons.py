"""Log-ins and log-outs of agents.

Source: Cention Logio API. Claim: "Access to logio API". It is not JSON:API: it returns a list of
plain objects, or lines of CSV, or ``{"error": "…"}``.
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
    """The API of the claim "Access to logio API".

    A token sees only the agents of the system group in which it was made.
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
        """Return the log-ins and log-outs of a period as rows, for ``read_agent_logons``.

        A row is a JSON object ``{"id", "name", "timestamp", "action"}``, or a list of the columns
        of one line if Cention sends CSV all the same; ``[]`` if nobody logged in or out.
        ``login_name`` selects one agent. ``since`` and ``until`` are aware and cut to seconds;
        whether they belong to the period is not documented, so let windows overlap. Has no side
        effect. Raises ``ApiError``, and ``ValueError`` before sending anything if ``since`` is
        later than ``until``, because Cention's answer to that is unknown.
        """
        if since > until:
            raise ValueError("since is later than until")
        # All are always sent: without them Cention returns CSV, and the last 7 days.
        query = {"format": "json", "from": _seconds(since), "to": _seconds(until)}
        if login_name is not None:
            query["name"] = login_name
        answer = self._http.request("GET", f"{ROUTE}?{urlencode(query)}", headers=self._headers)
        return self._rows(answer)

    def probe(self, at: datetime) -> None:
        """Check that Cention is reachable and accepts the token, by fetching one second."""
        self.fetch(at - timedelta(seconds=1), at)

    def _rows(self, answer: Answer) -> list[Any]:
        """Read the body by its content, whatever format was requested or is declared."""
        body = answer.body.removeprefix(BOM).strip()
        if body in (b"", b"null"):
            return []
        if body.startswith(b"["):
            return self._json_list(body, answer.status)
        if texts := error_text(body):
            token = self._headers["Authorization"].removeprefix("Bearer ")
            detail = sanitise_for_log(texts[0], secrets=(token,))
            raise errors.BadRequest(f"refused: {detail}", api=self._http.name, status=answer.status)
        text = body.decode(errors="replace")
        if not _NUMBERED.match(text):
            raise errors.InvalidResponse(
                "neither a list nor CSV", api=self._http.name, status=answer.status
            )
        return list(_columns(text))

    def _json_list(self, body: bytes, status: int) -> list[Any]:
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
    """Read line by line, so that a quote that is never closed affects only its own line."""
    for line in text.split("\n"):
        if not line.strip():
            continue
        try:
            yield next(csv.reader([line.rstrip("\r")]))
        except csv.Error:  # more than 128 KiB in one column
            yield [line]
