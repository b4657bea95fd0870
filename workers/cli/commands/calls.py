"""``cention calls``"""

from __future__ import annotations

import click

from schemas.cention.errands import EndedCall
from workers.cli.context import json_option, workspace_option
from workers.cli.outbound import print_outcome, workspace_sender
from workers.cli.shutdown import graceful_shutdown


@click.group()
def calls() -> None:
    """Report calls to Cention."""


@calls.command()
@click.option("--device", "device_id", type=int, required=True, help="Id of the agent's device.")
@click.option(
    "--extension", "extension_id", type=int, required=True, help="Id of the agent's extension."
)
@click.option("--dialed-number", metavar="NUMBER", help="Number that was called.")
@click.option("--integration", "integration_name", default="aventa", show_default=True)
@json_option
@workspace_option
def end(
    device_id: int,
    extension_id: int,
    dialed_number: str | None,
    integration_name: str,
    as_json: bool,
    workspace: str | None,
) -> None:
    """Report the end of an outbound call."""
    call = EndedCall(
        device_id=device_id,
        extension_id=extension_id,
        dialed_number=dialed_number,
        integration_name=integration_name,
    )
    with graceful_shutdown(), workspace_sender(workspace) as sender:
        outcome = sender.end_call(call)
    print_outcome(outcome, "Cention has received the end of the call.", as_json=as_json)
