"""How long to wait before a record is tried again, and when to give up."""

from __future__ import annotations

from workers.config.limits import UNHEARD_S

MAX_TRIES = 12  # failures in a row that speak of the record itself
PROOF_S = 900.0  # a record parks only if another of its family came through within this time
FIRST_WAIT_S = 5.0
LONGEST_WAIT_S = 900.0
LONGEST_OUTAGE_WAIT_S = 30.0  # nothing is wrong with the record: it is tried soon
SHORTEST_REST_S = 30.0  # of a record that is gone and listed as changed all the same
LONGEST_REST_S = 900.0  # so much later may be known that it is back
PROVE_EVERY_S = 5.0  # between two proofs that the session which holds a drain's place is alive
PROVEN_FOR_S = 15.0  # after such a proof requests may be sent, and no longer
DOUBT_S = PROVEN_FOR_S + UNHEARD_S  # a request that was lost sight of may still arrive at Cention
CONFIRM_MISSING_S = 30.0  # between the two looks that make a record gone
SLA_WAIT_S = 60.0  # "which occur every minute", Cention Errand Report
MAX_LOOKS = 6
PAUSE_S = 20.0  # between probes of a family that Cention refuses
LATELY_S = 60.0  # what came through so recently speaks against a record that is refused
BRIEF_PAUSE_S = 2.0  # a family of which something came through lately is probed soon
FIRST_RENEWAL_WAIT_S = 30.0  # after a renewal of a picture that failed


def wait_s(tries: int, *, asked_s: float | None, outage: bool, chance: float) -> float:
    """Return the seconds to wait after failure number ``tries`` in a row.

    What the other side asked for, else 5 s doubling up to 15 minutes (30 s while the server
    as a whole is away). ``chance`` from 0 to 1 spreads it: from half of it to all of it.
    """
    if asked_s is not None:
        return asked_s + chance
    longest = LONGEST_OUTAGE_WAIT_S if outage else LONGEST_WAIT_S
    return min(longest, FIRST_WAIT_S * 2.0 ** min(tries - 1, 20)) * (0.5 + chance / 2)


def renewal_wait_s(failures: int, *, every_s: float) -> float:
    """Return the seconds to wait after so many failures in a row to renew a picture.

    30 s doubling up to 15 minutes, and no longer than the interval of renewals.
    """
    if failures == 0:
        return 0.0
    return min(every_s, LONGEST_WAIT_S, FIRST_RENEWAL_WAIT_S * 2.0 ** min(failures - 1, 20))


def worth_another_look(looks: int) -> bool:
    """Tell whether a report without SLA is fetched again after look number ``looks``."""
    return looks < MAX_LOOKS
