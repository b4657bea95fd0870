"""What every request passes: signed in, allowed to act, the right headers on the answer."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit, urlunsplit

from flask import Flask, Response, abort, current_app, render_template, request
from flask.sessions import SecureCookieSessionInterface
from flask.typing import ResponseReturnValue

from workers.web.people import current_person

READING = {"GET", "HEAD", "OPTIONS"}
OPEN = {"static", "access.sign_in"}  # for everybody: style sheets, and the way in
FOR_EVERY_ROLE = {"access.sign_in", "access.sign_out", "access.language"}  # although they are POST
FOR_OPERATORS = {"errand.document", "troubles.document", "troubles.callback"}  # although GET
PAGES_OF_OPERATORS = {"privacy", "settings"}  # blueprints
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",  # CSRF tokens are checked with it behind TLS
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


class Sessions(SecureCookieSessionInterface):
    """Signed cookies, sent over TLS only where the page came over TLS."""

    def get_cookie_secure(self, app: Flask) -> bool:
        """Return whether the cookie may only be sent over TLS."""
        return bool(request.is_secure)


def check() -> ResponseReturnValue | None:
    """Answer what the person may not do; ``None`` lets the request pass.

    Whoever is not signed in is shown how to sign in, whatever the path. Only operators act:
    whoever else sends a form gets 403.
    """
    if request.endpoint in OPEN:
        return None
    person = current_person()
    if person is None:
        return sign_in_page(lost=request.method not in READING), 401
    acts = request.method not in READING and request.endpoint not in FOR_EVERY_ROLE
    kept = request.endpoint in FOR_OPERATORS or request.blueprint in PAGES_OF_OPERATORS
    if (acts or kept) and not person.operates:
        abort(403)
    return None


def sign_in_page(*, problem: str = "", lost: bool = False, name: str = "", next_: str = "") -> str:
    """Return the page on which people sign in, for the path of the request.

    ``lost``: a form was sent and not acted on.
    """
    if not next_ and request.endpoint != "access.sign_in":
        next_ = page_of_request()
    return render_template(
        "sign_in.html", problem=problem, lost=lost, name=name, next=local_path(next_)
    )


def page_of_request() -> str:
    """Return the path of the page that is asked for; for a form, of the page it was sent from."""
    if request.method in READING:
        return request.full_path.removesuffix("?")
    try:
        sent_from = urlsplit(request.referrer or "")
    except ValueError:  # such as half an address of IPv6
        return "/"
    path = urlunsplit(("", "", sent_from.path, sent_from.query, ""))
    return page_path(path) if sent_from.netloc == request.host else "/"


def page_path(path: str) -> str:
    """Return ``path`` if it is that of a page of this server, else that of the first page."""
    path = local_path(path)
    adapter = current_app.create_url_adapter(request)
    return path if adapter and adapter.test(unquote(urlsplit(path).path), "GET") else "/"


def local_path(path: str) -> str:
    """Return ``path`` if it is one of this server, else the first page."""
    try:
        parts = urlsplit(path.replace("\\", "/"))
    except ValueError:  # such as half an address of IPv6
        return "/"
    local = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if local and not (parts.scheme or parts.netloc) else "/"


def add_headers(response: Response) -> Response:
    """Add the headers that an answer does not have yet; pages are kept nowhere."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.endpoint != "static":
        response.headers.setdefault("Cache-Control", "no-store")
    return response
