"""The baseline of the receiver: a Flask view that only answers 204."""

from __future__ import annotations

from flask import Flask

app = Flask(__name__)


@app.post("/callbacks/<workspace>")
def receive(workspace: str) -> tuple[str, int]:
    return "", 204


@app.get("/health/live")
def live() -> tuple[str, int]:
    return "", 200
