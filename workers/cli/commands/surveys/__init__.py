"""``cention surveys``"""

from __future__ import annotations

import click

from workers.cli.commands.surveys.answers import answers, unmatched
from workers.cli.commands.surveys.hold import hold, resume
from workers.cli.commands.surveys.import_results import import_
from workers.cli.commands.surveys.invitations import invitations, status, unknown, withdraw
from workers.cli.commands.surveys.link import link
from workers.cli.commands.surveys.opt_out import opt_out
from workers.cli.commands.surveys.preview import preview
from workers.cli.commands.surveys.rules import rules
from workers.cli.commands.surveys.why import why


@click.group()
def surveys() -> None:
    """Decide by rules which customers are asked how satisfied they are."""


for command in (
    *(rules, preview, why, status, invitations, unknown, withdraw),
    *(link, opt_out, hold, resume, import_, answers, unmatched),
):
    surveys.add_command(command)
