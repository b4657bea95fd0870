"""Flask that defers a job of procrastinate, a durable row in Postgres, before it answers."""

from __future__ import annotations

import hmac
import os
from typing import Any

import procrastinate
from flask import Flask, abort, request

SECRET = os.environ["RACE_SECRET"].encode()
app = Flask(__name__)
jobs = procrastinate.App(
    connector=procrastinate.SyncPsycopgConnector(
        conninfo=os.environ["DATABASE_URL"], min_size=8, max_size=8
    )
)
jobs.open()


@jobs.task(name="handle")
def handle(workspace: str, document: Any) -> None:
    """Do nothing: no worker runs in the race."""


@app.post("/callbacks/<workspace>")
def receive(workspace: str) -> dict[str, str]:
    document = request.get_json(force=True)
    shown = (document.get("meta") or {}).pop("api_secret", "")
    if not hmac.compare_digest(str(shown).encode(), SECRET):
        abort(401)
    handle.defer(workspace=workspace, document=document)
    return {"status": "ok"}


@app.get("/health/live")
def live() -> tuple[str, int]:
    return "", 200
