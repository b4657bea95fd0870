"""Retries requests of long-running commands while Cention is down or busy."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import TypeVar

from workers.clients.errors import ApiError, Busy, Unreachable, outcome_is_unknown
from workers.sync.rules import retry_policy

Result = TypeVar("Result")

MAX_TRIES = 5
MAX_WAIT_S = 60.0  # a server that asks for a longer wait is an error


def with_backoff(
    request: Callable[[], Result],
    *,
    idempotent: bool,
    sleep: Callable[[float], object] = time.sleep,
) -> Result:
    """Send a request, and again up to four times while Cention is down or busy.

    A request that may have taken effect is repeated only if it is ``idempotent``. Waits as long
    as the server asks. Raises the last ``ApiError``.
    """
    for tries in range(1, MAX_TRIES):
        try:
            return request()
        except (Busy, Unreachable) as error:
            retry_after_s = error.retry_after_s if isinstance(error, Busy) else None
            if not _may_retry(error, retry_after_s, idempotent=idempotent):
                raise
            wait_s = retry_policy.backoff_s(
                tries,
                retry_after_s=retry_after_s,
                outage=True,
                jitter=random.random(),  # noqa: S311
            )
            sleep(wait_s)
    return request()


def _may_retry(error: ApiError, retry_after_s: float | None, *, idempotent: bool) -> bool:
    if retry_after_s is not None and retry_after_s > MAX_WAIT_S:
        return False
    return idempotent or not outcome_is_unknown(error)
