"""``cention contacts``"""

from __future__ import annotations

from typing import Any

import click

from schemas.cention.contact_cards import CHANNELS, contact_card, contacts_in_card, warnings_for
from schemas.errors import DocumentError
from workers import wiring
from workers.cli.commands.contact_import import import_
from workers.cli.context import (
    database,
    json_option,
    load_settings_or_exit,
    select_workspace,
    workspace_option,
)
from workers.cli.errors import CommandError
from workers.cli.output import print_json, print_line, print_stderr
from workers.cli.shutdown import graceful_shutdown
from workers.cli.tokens import require_client
from workers.clients.errors import ApiError, Unauthorised, outcome_is_unknown
from workers.operations.rules.wording import pluralise, token_hint
from workers.outbound.jobs import contact_cards as job


@click.group()
def contacts() -> None:
    """Tell Cention by which addresses people are known.

    Cention appends to a card that has one of the addresses, and makes one if there is none. What
    is on a card cannot be taken off it from here.
    """


contacts.add_command(import_)


def channel_options(command: Any) -> Any:
    """Add an option for each channel."""
    for channel in reversed(CHANNELS):
        command = click.option(f"--{channel}", multiple=True, metavar="ADDRESS")(command)
    return command


@contacts.command()
@channel_options
@click.option("--name", default="", help="Of the person.")
@click.option("--custom", multiple=True, metavar="LABEL=VALUE")
@json_option
@workspace_option
def upsert(
    name: str, custom: tuple[str, ...], as_json: bool, workspace: str | None, **channels: Any
) -> None:
    """Send one person's card. Every option but --name may be repeated."""
    settings = load_settings_or_exit()
    chosen = select_workspace(settings, workspace)
    try:
        card = contact_card(channels, name=name, custom=[_pair(one) for one in custom])
    except DocumentError as error:
        raise click.UsageError("; ".join(map(str, error.faults))) from None
    api = require_client("contacts", wiring.contacts_api, settings, chosen)
    for doubt in warnings_for(card):
        print_stderr(f"Sent all the same: {doubt}.")
    with graceful_shutdown():
        try:
            sent = job.send(
                card, workspace=chosen.name, api=api, transaction=lambda: database(settings)
            )
        except ApiError as error:
            raise CommandError(_failed(error)) from None
    if sent.problem:
        print_stderr(f"{sent.problem.capitalize()}.")
    if as_json:
        told = {"card_id": sent.card_id, "sent": contacts_in_card(card), "returned": sent.returned}
        print_json(told)
    elif sent.card_id is None:
        print_line("Sent; Cention did not tell which card it is.")
    elif sent.card is None:
        print_line(f"Sent; it is card {sent.card_id}.")
    else:
        has = sum(1 for _ in sent.card.addresses())
        print_line(f"Card {sent.card_id} has {pluralise(has, 'contact')} now.")


def _failed(error: ApiError) -> str:
    if outcome_is_unknown(error):
        return (
            f"It is not known whether Cention took the card ({error}). "
            "It does no harm to send it again."
        )
    settings = f" {token_hint('contacts')}" if isinstance(error, Unauthorised) else ""
    return f"Cention did not take the card: {error}.{settings}"


def _pair(text: str) -> tuple[str, str]:
    label, equals, value = text.partition("=")
    if not equals:
        raise click.UsageError(f"--custom takes LABEL=VALUE, not {text!r}.")
    return label, value
