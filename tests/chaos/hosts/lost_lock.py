"""``python -m tests.chaos.hosts.lost_lock``: how long a host that lost its power keeps a lock.

Prints the seconds; exit status 1 if another process has not got the lock after a minute.
"""

from __future__ import annotations

import subprocess
import sys
import time

import psycopg

from tests.acceptance.running_bridge import ROOT, empty_folder
from tests.chaos.hosts.bridge import database_url, postgres_for_hosts
from tests.chaos.hosts.network import Condition, build_clock, connected_host, make_centre

WITHIN_S = 60.0
TRY_AGAIN_S = 0.5
SETTLE_S = 1.0  # until Postgres knows that its last answer has arrived
TRY = "SELECT pg_try_advisory_lock(1)"
HOLD = f"""
import sys, time
from workers.database import connections
conn = connections.connect(sys.argv[1])
conn.autocommit = True
print(conn.execute("{TRY}").fetchone()[0], flush=True)
time.sleep(3600)
"""


def main() -> None:
    make_centre()
    with empty_folder() as folder:
        clock = build_clock(folder)
        postgres = postgres_for_hosts(
            folder / "var" / "sandbox" / "postgres", access=folder / "pg_hba.conf"
        )
        postgres.start()
        try:
            with connected_host(0, clock=clock) as host:
                command = host.inside({"PYTHONPATH": str(ROOT)})
                command += [sys.executable, "-c", HOLD, database_url(postgres)]
                with subprocess.Popen(command, stdout=subprocess.PIPE) as holder:
                    assert holder.stdout
                    assert holder.stdout.readline() == b"True\n"
                    time.sleep(SETTLE_S)
                    host.set_link(to_host=Condition(cut=True), to_centre=Condition(cut=True))
                    holder.kill()
                took_s = _seconds_until_free(postgres.url)
        finally:
            postgres.stop()
    print("never" if took_s is None else f"{took_s:.0f}")
    sys.exit(took_s is None)


def _seconds_until_free(url: str) -> float | None:
    began_s = time.monotonic()
    with psycopg.connect(url, autocommit=True) as conn:
        while not conn.execute(TRY).fetchall()[0][0]:
            if time.monotonic() - began_s > WITHIN_S:
                return None
            time.sleep(TRY_AGAIN_S)
    return time.monotonic() - began_s


if __name__ == "__main__":
    main()
