"""Shared by commands that send a request to Cention at most once."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click

from schemas.errors import DocumentError
from workers import wiring
from workers.cli.context import database, load_settings_or_exit, select_workspace
from workers.cli.errors import CommandError
from workers.cli.output import ask, print_json, print_line
from workers.cli.tokens import require_client
from workers.clients.errors import Unauthorised
from workers.operations.rules.wording import token_hint
from workers.outbound.jobs.send import UNKNOWN, Outcome, OutcomeNotRecorded, Sender, open_sender

CLAIM = "create_errand"
RESOLVE_LATER = "To see the request and record its outcome, run: cention errands unknown"


@contextmanager
def workspace_sender(workspace: str | None) -> Iterator[Sender]:
    """Open a sender for a workspace. Turns errors of sending into ``CommandError``."""
    settings = load_settings_or_exit()
    chosen = select_workspace(settings, workspace)
    cention = require_client(CLAIM, wiring.errands_api, settings, chosen)
    with database(settings, autocommit=True) as conn:
        try:
            with open_sender(conn, chosen.name, cention) as sender:
                yield sender
        except DocumentError as error:
            raise CommandError(*map(str, error.faults)) from None
        except OutcomeNotRecorded as error:
            raise CommandError(
                f"Cention has answered: {error}. The database failed before that was recorded, "
                f"so the request will be listed as unknown. {RESOLVE_LATER}"
            ) from None


def print_outcome(outcome: Outcome, done: str, *, as_json: bool) -> None:
    """Print the outcome. Raises ``CommandError`` unless Cention did it."""
    if as_json:
        problem = None if outcome.error is None else str(outcome.error)
        print_outcome_json(outcome.sent_id, outcome.state, outcome.errand_id, problem)
    elif outcome.error is None:
        print_line(done)
    elif outcome.state == UNKNOWN:
        raise CommandError(
            f"It is not known whether Cention did it ({outcome.error}). The request has number "
            f"{outcome.sent_id}, and is not sent again. Search for it in Cention. {RESOLVE_LATER}"
        )
    else:
        settings = f" {token_hint(CLAIM)}" if isinstance(outcome.error, Unauthorised) else ""
        raise CommandError(f"Cention refused the request: {outcome.error}.{settings}")


def print_outcome_json(
    sent_id: int, state: str, errand_id: int | None, problem: str | None
) -> None:
    """Print the outcome as one JSON document. Exits with 1 if there is a problem."""
    print_json({"sent_id": sent_id, "state": state, "errand_id": errand_id, "error": problem})
    if problem is not None:
        raise click.exceptions.Exit(1)


def confirm(question: str, *, yes: bool) -> None:
    """Ask for confirmation; end the command without it."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise click.UsageError(f"{question} To confirm, add --yes.")
    ask(question)
