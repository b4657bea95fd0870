"""``make chaos``: strike for some minutes, reconcile, and print the tables."""

from __future__ import annotations

import random
import signal
import sys

import click

from tests.chaos import table
from tests.chaos.campaign import long_plan, run_campaign, short_plan


@click.command(context_settings={"show_default": True})
@click.option("--seed", type=int, help="Which blows fall when; else by chance.")
@click.option("--minutes", default=10.0, type=click.FloatRange(0.2), help="How long they fall.")
@click.option("--short", is_flag=True, help="As in the tests: well under two minutes in all.")
def main(seed: int | None, minutes: float, short: bool) -> None:
    """Strike a running bridge at random, then compare its database with the truth.

    Exit status 1 if anything is lost or applied twice, or if recovery took a minute or longer.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that nothing is left running
    chosen = random.SystemRandom().randrange(1_000_000) if seed is None else seed
    report = run_campaign(short_plan(chosen) if short else long_plan(chosen, minutes=minutes))
    for line in table.markdown(report):
        print(line)
    sys.exit(1 if report.failures else 0)


main()
