"""Believes what a proxy says about a request, if it is one of the trusted ones."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from werkzeug.middleware.proxy_fix import ProxyFix

from workers.config.web import Network, WebSettings

_FORWARDED_FOR = "HTTP_X_FORWARDED_FOR"
_WITH_PORT = re.compile(r"\[([^]]*)\](?::[0-9]+)?|([0-9.]+):[0-9]+")

Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]


class TrustedProxies:
    """WSGI: takes address and scheme of a browser, and the person, from a trusted proxy alone.

    The headers that name the person are removed from every other request.
    """

    def __init__(self, app: Wsgi, web: WebSettings) -> None:
        self._plain = app
        self._behind_proxy = ProxyFix(app, x_for=1, x_proto=1)
        self._proxies = web.trusted_proxies
        self._headers = [
            environ_name(name) for name in (web.trusted_header, web.groups_header) if name
        ]

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer a request."""
        if is_among(environ.get("REMOTE_ADDR", ""), self._proxies):
            _keep_address(environ)
            return self._behind_proxy(environ, start_response)
        for name in self._headers:
            environ.pop(name, None)
        environ["wsgi.url_scheme"] = "http"  # gunicorn believes it on a Unix socket
        return self._plain(environ, start_response)


def _keep_address(environ: dict[str, Any]) -> None:
    """Leave of X-Forwarded-For the address that the proxy added, without a port, or nothing."""
    said = environ.pop(_FORWARDED_FOR, "").rpartition(",")[2].strip()
    found = _WITH_PORT.fullmatch(said)
    with suppress(ValueError):
        address = (found[1] or found[2]) if found else said
        environ[_FORWARDED_FOR] = str(ipaddress.ip_address(address))


def environ_name(header: str) -> str:
    """Return the name of a header in the environment of a request."""
    return f"HTTP_{header.upper().replace('-', '_')}"


def is_among(address: str, networks: Iterable[Network]) -> bool:
    """Return whether an address belongs to one of the networks."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return any((mapped or found) in network for network in networks)
