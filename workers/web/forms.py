"""What forms say."""

from __future__ import annotations

from flask import abort, request

from workers.web.errands import id_of


def act_of(*acts: str) -> str:
    """Return which of some acts the form asks for, or end the request with 400."""
    wanted = request.form.get("act")
    if wanted not in acts:
        abort(400)
    return wanted


def number_of(name: str) -> int:
    """Return a number of the form, or end the request with 400."""
    try:
        return id_of(request.form.get(name, "").strip())
    except ValueError:
        abort(400)
