"""Slows down whoever sends wrong secrets, by address; a right secret is never held up."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address, ip_network

from workers.config.logs import RateLimitedWarning

FREE = 30  # wrong secrets at once, as a sender that was set up wrongly has them
EVERY_S = 0.5  # each further one is answered so much later than the one before
MAX_WAIT_S = 10.0
MAX_ADDRESSES = 10_000
IPV6_PREFIX = 64  # one customer of a provider has as many addresses as this


class WrongSecrets:
    """How long the next answer 401 to each address waits. Not thread-safe.

    A proxy before the receiver is one address, so nothing is refused unread: what has the right
    secret is stored and answered at once.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._answered_until: OrderedDict[str, float] = OrderedDict()
        self._warning = RateLimitedWarning("secrets are guessed, or a sender has a wrong one")

    def wait_s(self, address: str) -> float:
        """Count a wrong secret from ``address``; return how long its answer is to wait."""
        place, now = _network(address), self._clock()
        until = max(self._answered_until.pop(place, 0.0), now) + EVERY_S
        self._answered_until[place] = min(until, now + FREE * EVERY_S + MAX_WAIT_S)
        if len(self._answered_until) > MAX_ADDRESSES:
            self._answered_until.popitem(last=False)
        wait_s = min(max(until - now - FREE * EVERY_S, 0.0), MAX_WAIT_S)
        if wait_s:
            self._warning.warn(address=place)
        return wait_s


def _network(address: str) -> str:
    try:
        known = ip_address(address)
    except ValueError:  # a Unix socket
        return address
    if isinstance(known, IPv6Address):
        return str(ip_network((known, IPV6_PREFIX), strict=False))
    return str(known)
