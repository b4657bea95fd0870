"""What commands that ask something of Cention once have in common."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click

from schemas.errors import DocumentError
from workers import wiring
from workers.cli.context import database, one_workspace, settings_of_this_place
from workers.cli.errors import Trouble
from workers.cli.output import plain, say, say_json
from workers.cli.tokens import client_of
from workers.clients.errors import Unauthorised
from workers.operations.rules.wording import token_hint
from workers.outbound.jobs.send import UNKNOWN, NotNoted, Outcome, Sender, sending

CLAIM = "create_errand"
LATER = "To say what you found out: cention errands unknown"


@contextmanager
def sender(workspace: str | None) -> Iterator[Sender]:
    """Lend what sends for a workspace. Raises ``Trouble``, also for what sending it raises."""
    settings = settings_of_this_place()
    chosen = one_workspace(settings, workspace)
    cention = client_of(CLAIM, wiring.errands_api, settings, chosen)
    with database(settings, autocommit=True) as conn:
        try:
            with sending(conn, chosen.name, cention) as lent:
                yield lent
        except DocumentError as error:
            raise Trouble("\n".join(map(str, error.faults))) from None
        except NotNoted as error:
            raise Trouble(
                f"Cention has answered: {error}. The database went away before that was written "
                f"down, so it will be listed as unknown. {LATER}"
            ) from None


def tell(outcome: Outcome, done: str, *, as_json: bool) -> None:
    """Say what came of it. Raises ``Trouble`` unless it was done."""
    if as_json:
        problem = None if outcome.error is None else str(outcome.error)
        tell_json(outcome.sent_id, outcome.state, outcome.errand_id, problem)
    elif outcome.error is None:
        say(done)
    elif outcome.state == UNKNOWN:
        raise Trouble(
            f"It is not known whether Cention did it ({outcome.error}). It is number "
            f"{outcome.sent_id}, and is not sent again. Look for it in Cention. {LATER}"
        )
    else:
        settings = f" {token_hint(CLAIM)}" if isinstance(outcome.error, Unauthorised) else ""
        raise Trouble(f"Cention did not do it: {outcome.error}.{settings}")


def tell_json(sent_id: int, state: str, errand_id: int | None, problem: str | None) -> None:
    """Say as one JSON document what came of it. Ends the command with 1 if there is a problem."""
    say_json({"sent_id": sent_id, "state": state, "errand_id": errand_id, "error": problem})
    if problem is not None:
        raise click.exceptions.Exit(1)


def ask(question: str, *, yes: bool) -> None:
    """Have somebody confirm a sentence, or end the command."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise click.UsageError(f"{question} To say so, add --yes.")
    click.confirm(plain(question), abort=True, err=True)
