"""FastAPI and asyncpg: each callback is one INSERT, committed before the answer."""

from __future__ import annotations

import hmac
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
from fastapi import FastAPI, HTTPException, Request

SECRET = os.environ["RACE_SECRET"].encode()
INSERT = """
INSERT INTO race.callback (workspace, remote_id, event, document) VALUES ($1, $2, $3, $4)
ON CONFLICT (workspace, remote_id) DO NOTHING
"""


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with asyncpg.create_pool(os.environ["DATABASE_URL"], min_size=8, max_size=8) as pool:
        app.state.pool = pool
        yield


app = FastAPI(lifespan=lifespan)


@app.post("/callbacks/{workspace}")
async def receive(workspace: str, request: Request) -> dict[str, str]:
    document = await request.json()
    shown = (document.get("meta") or {}).pop("api_secret", "")
    if not hmac.compare_digest(str(shown).encode(), SECRET):
        raise HTTPException(401)
    callback = document["data"]
    await app.state.pool.execute(
        INSERT,
        *(workspace, int(callback["id"]), callback["attributes"]["event"], json.dumps(document)),
    )
    return {"status": "ok"}


@app.get("/health/live")
async def live() -> dict[str, str]:
    return {}
