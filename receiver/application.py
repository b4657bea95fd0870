"""Flask without what the receiver does not use: sessions, coroutines, matching a path twice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask, Request
from flask.sessions import NullSession, SessionInterface, SessionMixin
from werkzeug.routing import MapAdapter, Rule


class NoSessions(SessionInterface):
    """Gives every request the same empty session, which nobody can write to."""

    def __init__(self) -> None:
        self._session = NullSession()

    def open_session(self, app: Flask, request: Request) -> SessionMixin:
        """Return the empty session."""
        return self._session

    def save_session(self, app: Flask, session: SessionMixin, response: Any) -> None:
        """Save nothing: there is nothing in it."""


class MatchedAdapter(MapAdapter):
    """The adapter of a request whose rule is known from another one like it."""

    def __init__(self, adapter: MapAdapter) -> None:
        super().__init__(
            adapter.map,
            adapter.server_name,
            adapter.script_name,
            adapter.subdomain,
            adapter.url_scheme,
            adapter.path_info,
            adapter.default_method,
            adapter.query_args,
        )
        self._rule, self._arguments = adapter.match(return_rule=True)

    def match(self, *_: Any, **__: Any) -> tuple[Rule, dict[str, Any]]:
        """Return what Flask asks for: the rule, and the arguments of its view."""
        return self._rule, dict(self._arguments)


class Application(Flask):
    """Flask, with less work for requests to ``known_paths``.

    The rule of a POST to one of them is found once: no rule depends on the host.
    """

    session_interface: SessionInterface = NoSessions()

    def __init__(self, import_name: str, *, known_paths: frozenset[str]) -> None:
        super().__init__(import_name, static_folder=None)
        self._known_paths = known_paths
        self._adapters: dict[str, MapAdapter] = {}

    def create_url_adapter(self, request: Request | None) -> MapAdapter | None:
        """Return the adapter that finds the rule of ``request``."""
        if request is None or request.method != "POST":
            return super().create_url_adapter(request)
        wsgi = request.environ
        path = wsgi.get("PATH_INFO", "")
        if path not in self._known_paths:
            return super().create_url_adapter(request)
        adapter = self._adapters.get(path)
        if adapter is None and (made := super().create_url_adapter(request)) is not None:
            adapter = self._adapters[path] = MatchedAdapter(made)
        return adapter

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Return ``func`` as it is: no view of the receiver is a coroutine."""
        return func
