"""A bare Flask view that answers 204: what the receiver is measured against."""

from __future__ import annotations

from flask import Flask

app = Flask(__name__)


@app.post("/callbacks/<workspace>")
def receive(workspace: str) -> tuple[str, int]:
    return "", 204


@app.get("/health/live")
def live() -> tuple[str, int]:
    return "", 200
