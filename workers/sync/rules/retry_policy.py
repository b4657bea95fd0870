"""How long to wait before a record is tried again, and when to give up."""

from __future__ import annotations

from workers.config.limits import TCP_USER_TIMEOUT_S

MAX_TRIES = 12  # failures in a row that speak of the record itself
SUCCESS_WINDOW_S = (
    900.0  # a record parks only if another of its family came through within this time
)
FIRST_BACKOFF_S = 5.0
MAX_BACKOFF_S = 900.0
MAX_OUTAGE_BACKOFF_S = 30.0  # nothing is wrong with the record: it is tried soon
MIN_GONE_RECHECK_S = 30.0  # of a record that is gone and listed as changed all the same
MAX_GONE_RECHECK_S = 900.0  # so much later may be known that it is back
PING_EVERY_S = 5.0  # between two proofs that the session which holds a drain's place is alive
PING_VALID_S = 15.0  # after such a proof requests may be sent, and no longer
IN_FLIGHT_S = (
    PING_VALID_S + TCP_USER_TIMEOUT_S
)  # a request that was lost sight of may still arrive at Cention
CONFIRM_MISSING_S = 30.0  # between the two looks that make a record gone
SLA_WAIT_S = 60.0  # "which occur every minute", Cention Errand Report
MAX_SLA_FETCHES = 6
PAUSE_S = 20.0  # between probes of a family that Cention refuses
RECENT_SUCCESS_S = 60.0  # what came through so recently speaks against a record that is refused
BRIEF_PAUSE_S = 2.0  # a family of which something came through lately is probed soon
FIRST_REFRESH_BACKOFF_S = 30.0  # after a renewal of a picture that failed


def backoff_s(tries: int, *, asked_s: float | None, outage: bool, chance: float) -> float:
    """Return the seconds to wait after failure number ``tries`` in a row.

    What the other side asked for, else 5 s doubling up to 15 minutes (30 s while the server
    as a whole is away). ``chance`` from 0 to 1 spreads it: from half of it to all of it.
    """
    if asked_s is not None:
        return asked_s + chance
    longest = MAX_OUTAGE_BACKOFF_S if outage else MAX_BACKOFF_S
    return min(longest, FIRST_BACKOFF_S * 2.0 ** min(tries - 1, 20)) * (0.5 + chance / 2)


def refresh_backoff_s(failures: int, *, every_s: float) -> float:
    """Return the seconds to wait after so many failures in a row to renew a picture.

    30 s doubling up to 15 minutes, and no longer than the interval of renewals.
    """
    if failures == 0:
        return 0.0
    return min(every_s, MAX_BACKOFF_S, FIRST_REFRESH_BACKOFF_S * 2.0 ** min(failures - 1, 20))


def should_refetch(looks: int) -> bool:
    """Tell whether a report without SLA is fetched again after look number ``looks``."""
    return looks < MAX_SLA_FETCHES
