"""How long to wait before a record is fetched again, and when to give up."""

from __future__ import annotations

from workers.config.limits import TCP_USER_TIMEOUT_S

MAX_TRIES = 12  # failures in a row that count against the record
SUCCESS_WINDOW_S = 900.0  # a record is parked only if another of its family succeeded within it
FIRST_BACKOFF_S = 5.0
MAX_BACKOFF_S = 900.0
MAX_OUTAGE_BACKOFF_S = 30.0  # the record is not at fault: it is tried again soon
MIN_GONE_RECHECK_S = 30.0  # until a gone record that is listed as changed is fetched again
MAX_GONE_RECHECK_S = 900.0  # a restored record may be noticed that much later
PING_EVERY_S = 5.0  # between two checks of the session that holds a drain's slot
PING_VALID_S = 15.0  # requests may be sent for so long after such a check
# A request whose answer was lost may still reach Cention for so long.
IN_FLIGHT_S = PING_VALID_S + TCP_USER_TIMEOUT_S
CONFIRM_NOT_FOUND_S = 30.0  # between the two fetches that make a record gone
SLA_WAIT_S = 60.0  # "which occur every minute", Cention Errand Report
MAX_SLA_FETCHES = 6
PAUSE_S = 20.0  # between probes of a family that Cention refuses
RECENT_SUCCESS_S = 60.0  # after a success so recent, a refusal is probably about the record
BRIEF_PAUSE_S = 2.0  # until a family is probed that succeeded within RECENT_SUCCESS_S
FIRST_REFRESH_BACKOFF_S = 30.0  # after a refresh of a mirror that failed


def backoff_s(tries: int, *, retry_after_s: float | None, outage: bool, jitter: float) -> float:
    """Return the seconds to wait after failure number ``tries`` in a row.

    5 s doubling up to 15 minutes (up to 30 s while the whole server is down), and never less than
    ``retry_after_s``, if the server asked for it. A server that asks for less, or for a moment
    that is past by its clock, does not shorten our wait. ``jitter`` from 0 to 1 spreads the wait:
    from half to all.
    """
    longest = MAX_OUTAGE_BACKOFF_S if outage else MAX_BACKOFF_S
    own_s = min(longest, FIRST_BACKOFF_S * 2.0 ** min(tries - 1, 20)) * (0.5 + jitter / 2)
    return own_s if retry_after_s is None else max(own_s, retry_after_s + jitter)


def refresh_backoff_s(failures: int, *, every_s: float) -> float:
    """Return the seconds to wait after so many failures in a row to refresh a mirror.

    30 s doubling up to 15 minutes, and at most the interval of refreshes.
    """
    if failures == 0:
        return 0.0
    return min(every_s, MAX_BACKOFF_S, FIRST_REFRESH_BACKOFF_S * 2.0 ** min(failures - 1, 20))


def should_refetch(fetches: int) -> bool:
    """Return whether a report without SLA is fetched again after ``fetches`` fetches."""
    return fetches < MAX_SLA_FETCHES
