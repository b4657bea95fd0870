"""``cention check``"""

from __future__ import annotations

import click

from workers import wiring
from workers.cli.context import json_option
from workers.cli.output import print_json, print_line
from workers.operations.jobs.checks.all_checks import findings
from workers.operations.jobs.checks.finding import Finding, Level

STYLES = {Level.OK: "green", Level.WARNING: "yellow", Level.WRONG: "bold red"}
INDENT = 9


@click.command()
@json_option
def check(as_json: bool) -> None:
    """Check the settings, the servers and Cention, and say what to repair.

    Changes nothing, neither here nor at Cention, and prints no secret.
    """
    found = []
    for finding in findings(wiring):
        found.append(finding)
        if not as_json:
            print_finding(finding)
    if as_json:
        print_json(found)
    if any(finding.level is Level.WRONG for finding in found):
        raise click.exceptions.Exit(1)


def print_finding(finding: Finding) -> None:
    """Print one finding, and below it the remedy."""
    line = f"{finding.level:<8} {finding.about}: {finding.sentence}"
    print_line(line, style=STYLES[finding.level], hanging=INDENT)
    if finding.remedy:
        print_line(" " * INDENT + finding.remedy, hanging=INDENT)
