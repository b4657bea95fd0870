"""What most people would write: Flask, a pool, INSERT and COMMIT, then a Celery task for each."""

from __future__ import annotations

import hmac
import os

from celery import Celery
from flask import Flask, abort, request
from psycopg.types.json import Jsonb
from psycopg_pool import ConnectionPool

SECRET = os.environ["RACE_SECRET"].encode()
INSERT = """
INSERT INTO race.callback (workspace, remote_id, event, document) VALUES (%s, %s, %s, %s)
ON CONFLICT (workspace, remote_id) DO NOTHING RETURNING id
"""
app = Flask(__name__)
pool = ConnectionPool(os.environ["DATABASE_URL"], min_size=8, max_size=8, open=True)
celery = Celery("race", broker=os.environ["BROKER_URL"])


@celery.task(name="handle", ignore_result=True)
def handle(callback_id: int) -> None:
    """Do nothing: no worker runs in the race."""


@app.post("/callbacks/<workspace>")
def receive(workspace: str) -> dict[str, str]:
    document = request.get_json(force=True)
    shown = (document.get("meta") or {}).pop("api_secret", "")
    if not hmac.compare_digest(str(shown).encode(), SECRET):
        abort(401)
    callback = document["data"]
    values = [workspace, int(callback["id"]), callback["attributes"]["event"], Jsonb(document)]
    with pool.connection() as conn:
        row = conn.execute(INSERT, values).fetchone()
    if row:
        handle.delay(row[0])
    return {"status": "ok"}


@app.get("/health/live")
def live() -> tuple[str, int]:
    return "", 200
