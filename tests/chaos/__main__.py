"""``make chaos``: injects faults for some minutes, compares, and prints the tables."""

from __future__ import annotations

import random
import signal
import sys

import click

from tests.chaos import table
from tests.chaos.campaign import Plan, long_plan, run_campaign, short_plan, short_plan_of_hosts
from tests.chaos.hosts import network

NOT_RUN = 3  # exit status


@click.command(context_settings={"show_default": True})
@click.option("--seed", type=int, help="Seed of the order of faults; default: random.")
@click.option("--minutes", default=10.0, type=click.FloatRange(0.2), help="Duration of the faults.")
@click.option("--short", is_flag=True, help="The short form of the tests, which measures no times.")
@click.option(
    "--hosts",
    default=0,
    type=click.IntRange(0, 100),
    help="Run the bridge on so many hosts, half with receivers and half with workers, each with a"
    " network and a clock of its own; 0: on this machine, as `make run`.",
)
def main(seed: int | None, minutes: float, short: bool, hosts: int) -> None:
    """Inject faults into a running bridge, then compare its database with the sandbox.

    Exit status 1 if anything is lost or applied twice, or if a recovery took a minute or longer;
    3 if hosts cannot be made here.
    """
    if hosts == 1:
        raise click.BadParameter("One host cannot both receive and work: take 2 or more.")
    if hosts and (reason := network.why_not()):
        print(f"Not run: {hosts} hosts cannot be made here. {reason}")
        sys.exit(NOT_RUN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that nothing is left running
    chosen = random.SystemRandom().randrange(1_000_000) if seed is None else seed
    report = run_campaign(_plan(chosen, minutes, short=short, hosts=hosts))
    for line in table.markdown(report):
        print(line)
    sys.exit(1 if report.failures else 0)


def _plan(seed: int, minutes: float, *, short: bool, hosts: int) -> Plan:
    if not short:
        return long_plan(seed, minutes=minutes, hosts=hosts)
    return short_plan_of_hosts(seed, hosts=hosts) if hosts else short_plan(seed)


if __name__ == "__main__":
    main()
