"""``cention check``"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import click

from workers import wiring
from workers.cli.context import json_option
from workers.cli.output import print_json, print_line
from workers.config.settings import load_settings
from workers.config.workspaces import SettingsError
from workers.operations.jobs.checks import (
    database,
    mirrors,
    packages,
    receiver,
    reports,
    services,
    spool,
    survey_vendors,
    time_zone,
)
from workers.operations.jobs.checks import settings as settings_check
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
    for finding in findings():
        found.append(finding)
        if not as_json:
            print_finding(finding)
    if as_json:
        print_json(found)
    if any(finding.level is Level.WRONG for finding in found):
        raise click.exceptions.Exit(1)


def findings() -> Iterator[Finding]:
    """Run the checks one after another."""
    yield from packages.package_findings()
    try:
        settings = load_settings()
    except SettingsError as error:
        yield from settings_check.mistakes(error)
        return
    yield from settings_check.settings_findings(settings)
    yield from database.database_findings(settings)
    yield from services.broker_findings(settings)
    yield from spool.spool_findings(settings)
    yield from receiver.receiver_findings(settings)
    for workspace in settings.workspaces:
        yield services.cention_findings(workspace, partial(wiring.errand_data, settings, workspace))
        yield from mirrors.mirror_findings(
            settings,
            workspace,
            logons=partial(wiring.logio_api, settings, workspace),
            library=partial(wiring.library_api, settings, workspace),
        )
        yield from survey_vendors.vendor_findings(
            workspace,
            customer_radar=partial(wiring.customer_radar_api, workspace),
            centracx=partial(wiring.centracx_api, workspace),
            alvaria=partial(wiring.alvaria_api, workspace),
            mail=partial(wiring.smtp_client, workspace),
            public_url=settings.survey_public_url,
        )
        yield from reports.report_findings(workspace)
        yield from time_zone.clock_findings(settings, workspace)


def print_finding(finding: Finding) -> None:
    """Print one finding, and below it the remedy."""
    line = f"{finding.level:<8} {finding.about}: {finding.sentence}"
    print_line(line, style=STYLES[finding.level], hanging=INDENT)
    if finding.remedy:
        print_line(" " * INDENT + finding.remedy, hanging=INDENT)
