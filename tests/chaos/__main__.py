"""``make chaos``: injects faults for some minutes, compares, and prints the tables."""

from __future__ import annotations

import random
import signal
import sys

import click

from tests.chaos import table
from tests.chaos.campaign import long_plan, run_campaign, short_plan


@click.command(context_settings={"show_default": True})
@click.option("--seed", type=int, help="Seed of the order of faults; default: random.")
@click.option("--minutes", default=10.0, type=click.FloatRange(0.2), help="Duration of the faults.")
@click.option("--short", is_flag=True, help="The short form of the tests, which measures no times.")
def main(seed: int | None, minutes: float, short: bool) -> None:
    """Inject faults into a running bridge, then compare its database with the sandbox.

    Exit status 1 if anything is lost or applied twice, or if a recovery took a minute or longer.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that nothing is left running
    chosen = random.SystemRandom().randrange(1_000_000) if seed is None else seed
    report = run_campaign(short_plan(chosen) if short else long_plan(chosen, minutes=minutes))
    for line in table.markdown(report):
        print(line)
    sys.exit(1 if report.failures else 0)


main()
