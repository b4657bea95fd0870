"""``cention errands``"""

from __future__ import annotations

from typing import Any

import click

from schemas.cention.errand_orders import read_order
from schemas.cention.errands import ErrandAnswer, NewAttachment
from workers.cli.commands.errand_import import import_
from workers.cli.commands.unknown import unknown
from workers.cli.context import json_option, load_settings_or_exit, workspace_option
from workers.cli.errand_options import USER_TYPE, attachments_of, attributes_of, errand_options
from workers.cli.errors import CommandError
from workers.cli.outbound import RESOLVE_LATER, print_outcome, print_outcome_json, workspace_sender
from workers.cli.output import format_cell, print_line
from workers.cli.shutdown import graceful_shutdown
from workers.outbound.jobs.deduplication import IdentifiedOrder, identify
from workers.outbound.jobs.import_errands import ImportOutcome
from workers.outbound.jobs.send import CREATED, DONE, UNKNOWN, AlreadyClosed, AlreadySent
from workers.outbound.store.sent_errands import SentErrand


@click.group()
def errands() -> None:
    """Create and close errands, each at most once."""


errands.add_command(import_)
errands.add_command(unknown)


@errands.command()
@errand_options
@json_option
@workspace_option
def create(as_json: bool, workspace: str | None, **given: Any) -> None:
    """Create an errand, in the channel and area of the token.

    The same command with the same content and files creates no second errand. To create one with
    the same content, give another --message-id.
    """
    max_bytes = load_settings_or_exit().attachment_max_bytes
    with graceful_shutdown(), workspace_sender(workspace) as sender:
        order = read_order(attributes_of(given), _attachments(given))
        identified = identify(order, max_bytes=max_bytes)
        try:
            outcome = sender.create(identified, origin="cention errands create")
        except AlreadySent as refusal:
            _print_already_sent(identified, refusal.before, as_json=as_json)
            return
    has_id = outcome.errand_id is not None
    number = f" {outcome.errand_id}" if has_id else ""
    closed = ", closed" if order.answer and not order.template else ""
    without = "" if has_id else " Cention did not return its number."
    print_outcome(outcome, f"Errand{number} created{closed}.{without}", as_json=as_json)


@errands.command()
@click.argument("errand_id", type=click.IntRange(1))
@click.option("--user-type", type=USER_TYPE, help="Kind of the user who closes it.")
@click.option("--user-id", default="", help="User who closes it; default: the system.")
@click.option("--subject", default="", help="Subject of the answer.")
@click.option("--body", default="", help="Body of the answer, plain text.")
@click.option(
    "--html-body", default="", help="Body of the answer, HTML; for e-mail and form channels."
)
@click.option("--again", is_flag=True, help="Close it even if it was closed here before.")
@json_option
@workspace_option
def close(
    errand_id: int,
    user_type: str | None,
    again: bool,
    as_json: bool,
    workspace: str | None,
    **answer: str,
) -> None:
    """Close an errand, with an optional answer."""
    given = ErrandAnswer(user_type=user_type or "", **answer)
    with graceful_shutdown(), workspace_sender(workspace) as sender:
        try:
            outcome = sender.close(errand_id, given, again=again)
        except AlreadyClosed as refusal:
            problem = _closed_before(errand_id, refusal)
            if as_json:
                print_outcome_json(refusal.before.sent_id, refusal.before.state, errand_id, problem)
            raise CommandError(problem) from None
    print_outcome(outcome, f"Errand {errand_id} closed.", as_json=as_json)


def _attachments(given: dict[str, Any]) -> tuple[NewAttachment, ...]:
    try:
        return attachments_of(given)
    except OSError as error:
        raise CommandError(f"{error.filename} cannot be read: {error.strerror}.") from None


def _closed_before(errand_id: int, refusal: AlreadyClosed) -> str:
    before = refusal.before
    sent_at = format_cell(before.sent_at)
    if before.state == DONE:
        return f"Errand {errand_id} was closed here at {sent_at}. To close it again: --again"
    if before.state == UNKNOWN:
        return (
            f"It is not known whether Cention closed errand {errand_id} at {sent_at} "
            f"(number {before.sent_id}). {RESOLVE_LATER}"
        )
    return f"Another command is closing errand {errand_id} now."


def _print_already_sent(identified: IdentifiedOrder, before: SentErrand, *, as_json: bool) -> None:
    """Print why nothing was sent. Raises ``CommandError`` unless the same errand exists already."""
    other = identified.differs_from(before.content_sha256)
    problem = _other_message(before) if other else _not_sent(before)
    if as_json:
        state = ImportOutcome.CONFLICT if other else before.state
        print_outcome_json(before.sent_id, state, before.errand_id, problem)
    elif problem is not None:
        raise CommandError(problem)
    else:
        number = "" if before.errand_id is None else f" {before.errand_id}"
        print_line(
            f"Errand{number} was created from the same input at {format_cell(before.sent_at)}; "
            "nothing was sent. To create another one, add a --message-id."
        )


def _other_message(before: SentErrand) -> str:
    became = "" if before.errand_id is None else f", errand {before.errand_id}"
    return (
        f"Another message was sent under this id at {format_cell(before.sent_at)} (number "
        f"{before.sent_id}{became}), so nothing was sent. Give this one another --message-id."
    )


def _not_sent(before: SentErrand) -> str | None:
    if before.state == CREATED:
        return None
    if before.state == UNKNOWN:
        return (
            f"It is not known whether Cention created it at {format_cell(before.sent_at)} (number "
            f"{before.sent_id}), so nothing was sent. {RESOLVE_LATER}"
        )
    return "Another command is sending it now."
