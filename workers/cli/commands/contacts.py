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
    """Send contact cards: the addresses that belong to one person.

    Cention adds the addresses to a card that has one of them, or creates a card. Addresses cannot
    be removed from a card by the bridge.
    """


contacts.add_command(import_)


def channel_options(command: Any) -> Any:
    """Add one option for each channel."""
    for channel in reversed(CHANNELS):
        command = click.option(f"--{channel}", multiple=True, metavar="ADDRESS")(command)
    return command


@contacts.command()
@channel_options
@click.option("--name", default="", help="Name of the person.")
@click.option("--custom", multiple=True, metavar="LABEL=VALUE")
@json_option
@workspace_option
def upsert(
    name: str, custom: tuple[str, ...], as_json: bool, workspace: str | None, **channels: Any
) -> None:
    """Send the card of one person. Channels and --custom may be repeated."""
    settings = load_settings_or_exit()
    chosen = select_workspace(settings, workspace)
    try:
        card = contact_card(channels, name=name, custom=[_pair(one) for one in custom])
    except DocumentError as error:
        raise click.UsageError("; ".join(map(str, error.faults))) from None
    api = require_client("contacts", wiring.contacts_api, settings, chosen)
    for warning in warnings_for(card):
        print_stderr(f"Sent, with a warning: {warning}.")
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
        answer = {
            "card_id": sent.card_id,
            "sent": contacts_in_card(card),
            "returned": sent.returned,
        }
        print_json(answer)
    elif sent.card_id is None:
        print_line("Sent. Cention did not return the id of the card.")
    elif sent.card is None:
        print_line(f"Sent, as card {sent.card_id}.")
    else:
        count = sum(1 for _ in sent.card.addresses())
        print_line(f"Card {sent.card_id} now has {pluralise(count, 'contact')}.")


def _failed(error: ApiError) -> str:
    if outcome_is_unknown(error):
        return (
            f"It is not known whether Cention stored the card ({error}). "
            "It is safe to send it again."
        )
    settings = f" {token_hint('contacts')}" if isinstance(error, Unauthorised) else ""
    return f"Cention did not accept the card: {error}.{settings}"


def _pair(text: str) -> tuple[str, str]:
    label, equals, value = text.partition("=")
    if not equals:
        raise click.UsageError(f"--custom takes LABEL=VALUE, not {text!r}.")
    return label, value
