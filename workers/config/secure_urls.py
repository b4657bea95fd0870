"""Which URLs may carry credentials and customers' addresses: https, or http within this machine."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

ENCODE = "Percent-encode @ : / ? # % in a user or a password: @ is %40."


def fault_of_secure_url(url: str) -> str | None:
    """Return in a sentence why ``url`` cannot be used, without quoting it; ``None`` if it can."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        return "Not a URL such as https://api.example.com."
    if parts.query or parts.fragment or parts.username or parts.password:
        return "Must not carry a user, a password, a query or a fragment."
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        return "Must begin with https://; http:// is for loopback hosts only."
    return None


def is_loopback(host: str) -> bool:
    """Return whether ``host`` is this machine, by its address or as ``localhost``."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
