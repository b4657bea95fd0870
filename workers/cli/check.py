"""``cention check``"""

from __future__ import annotations

from collections.abc import Iterator

import click

from workers.cli.checks import clocks, configured, remote, scheduled, stored
from workers.cli.checks.findings import Finding, Level
from workers.cli.printing import say, say_json
from workers.cli.surroundings import json_option
from workers.settings import load_settings
from workers.workspaces import SettingsError

STYLES = {Level.OK: "green", Level.WARNING: "yellow", Level.WRONG: "bold red"}
INDENT = 9


@click.command()
@json_option
def check(as_json: bool) -> None:
    """Tell what is right and wrong with settings, servers and Cention.

    Changes nothing, neither here nor at Cention, and shows no secret.
    """
    found = []
    for finding in findings():
        found.append(finding)
        if not as_json:
            show(finding)
    if as_json:
        say_json(found)
    if any(finding.level is Level.WRONG for finding in found):
        raise click.exceptions.Exit(1)


def findings() -> Iterator[Finding]:
    """Look at one thing after the other."""
    try:
        settings = load_settings()
    except SettingsError as error:
        yield from configured.mistakes(error)
        return
    yield from configured.settings_findings(settings)
    yield from stored.database_findings(settings)
    yield from remote.broker_findings(settings)
    yield from remote.receiver_findings(settings)
    for workspace in settings.workspaces:
        yield remote.cention_findings(settings, workspace)
        yield from scheduled.mirror_findings(settings, workspace)
        yield from clocks.clock_findings(settings, workspace)


def show(finding: Finding) -> None:
    """Write one finding, and below it what to do."""
    line = f"{finding.level:<8} {finding.about}: {finding.sentence}"
    say(line, style=STYLES[finding.level], hanging=INDENT)
    if finding.remedy:
        say(" " * INDENT + finding.remedy, hanging=INDENT)
