"""``cention mark-changed``"""

from __future__ import annotations

import click

from workers import wiring
from workers.cli.context import load_settings_or_exit, select_workspace, workspace_option
from workers.cli.errors import CommandError
from workers.cli.ids import read_ids
from workers.cli.output import print_line
from workers.cli.progress import progress
from workers.cli.tokens import require_client
from workers.clients.cention.errand_data import MARK_AT_ONCE
from workers.clients.errors import ApiError
from workers.operations.rules.wording import pluralise, was_or_were
from workers.sync.jobs.retry import with_backoff


@click.command("mark-changed")
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
@workspace_option
def mark_changed(ids: tuple[str, ...], workspace: str | None) -> None:
    """Set the change flag of errands in Cention, so that they are fetched again.

    ID is a number, a range such as 5-9, or - to read ids from standard input. 500 are sent at
    once. May be repeated. To fetch errands again without the flag, use: cention want
    """
    settings = load_settings_or_exit()
    chosen = select_workspace(settings, workspace)
    found = read_ids(ids)
    api = require_client("errand_data", wiring.errand_data, settings, chosen)
    marked = 0
    with progress("errands marked", len(found)) as advance:
        for first in range(0, len(found), MARK_AT_ONCE):
            some = found[first : first + MARK_AT_ONCE]
            try:
                with_backoff(lambda some=some: api.mark_changed(some), idempotent=True)  # type: ignore[misc]
            except ApiError as error:
                up_to = f", up to {found[first - 1]}" if first else ""
                raise CommandError(
                    f"{marked:,} of {pluralise(len(found), 'errand')} "
                    f"{was_or_were(len(found))} marked{up_to}. Error: {error}."
                ) from None
            marked += len(some)
            advance(len(some))
    print_line(f"{pluralise(marked, 'errand')} marked as changed at Cention.")
