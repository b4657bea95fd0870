"""What forms say."""

from __future__ import annotations

from flask import abort, request

from workers.web.errands import MAX_ID


def number_of(name: str) -> int:
    """Return a number of the form, or end the request with 400."""
    text = request.form.get(name, "").strip()
    if not (text.isascii() and text.isdecimal() and len(text) < 20 and int(text) <= MAX_ID):
        abort(400)
    return int(text)
