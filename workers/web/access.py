"""Signing in and out, and the language."""

from __future__ import annotations

from flask import Blueprint, redirect, request, session
from flask.typing import ResponseReturnValue

from workers.operations.jobs.sign_in import TooManyAttempts, sign_in
from workers.web import people, texts
from workers.web.database import connection
from workers.web.gate import page_path, sign_in_page

access = Blueprint("access", __name__)


@access.route("/sign-in", methods=["GET", "POST"], endpoint="sign_in")
def signing_in() -> ResponseReturnValue:
    """Show the form, or check what was entered."""
    if request.method != "POST":
        return redirect("/") if people.current_person() else sign_in_page()
    after = page_path(request.form.get("next", "/"))
    name, password = request.form.get("name", ""), request.form.get("password", "")
    try:
        user = sign_in(
            connection,
            people.web_settings().users,
            name=name,
            password=password,
            address=request.remote_addr or "",
        )
    except TooManyAttempts:
        page = sign_in_page(problem="sign_in.too_many", name=name, next_=after)
        return page, 429, {"Retry-After": "60"}
    if user is None:
        return sign_in_page(problem="sign_in.wrong", name=name, next_=after), 401
    people.remember(user)
    return redirect(after, 303)


@access.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    """End the session."""
    people.forget()
    return redirect("/sign-in", 303)


@access.post("/language")
def language() -> ResponseReturnValue:
    """Remember the language of the pages."""
    if (chosen := request.form.get("language", "")) in texts.LANGUAGES:
        session["language"] = chosen
    return redirect(page_path(request.form.get("next", "/")), 303)
