"""Asking again while Cention is away or asks for patience, for commands that run for long."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import TypeVar

from workers.clients.errors import ApiError, Busy, Unreachable, outcome_is_unknown
from workers.sync.rules import retry_policy

Answer = TypeVar("Answer")

TRIES = 5
MAX_WAIT_S = 60.0  # whoever is asked to wait for longer is told so instead


def with_backoff(
    ask: Callable[[], Answer],
    *,
    idempotent: bool,
    sleep: Callable[[float], object] = time.sleep,
) -> Answer:
    """Ask, and ask again a few times if Cention is away or busy, as soon as it wishes.

    What may have been done already is asked for again only if that is ``harmless``.
    Raises the last ``ApiError``.
    """
    for tries in range(1, TRIES):
        try:
            return ask()
        except (Busy, Unreachable) as error:
            asked_s = error.retry_after_s if isinstance(error, Busy) else None
            if not _worth_it(error, asked_s, idempotent=idempotent):
                raise
            wait_s = retry_policy.backoff_s(
                tries,
                asked_s=asked_s,
                outage=True,
                chance=random.random(),  # noqa: S311
            )
            sleep(wait_s)
    return ask()


def _worth_it(error: ApiError, asked_s: float | None, *, idempotent: bool) -> bool:
    if asked_s is not None and asked_s > MAX_WAIT_S:
        return False
    return idempotent or not outcome_is_unknown(error)
