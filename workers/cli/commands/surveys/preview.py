"""``cention surveys preview``"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from workers.cli.commands.surveys.context import survey_workspace
from workers.cli.context import json_option, workspace_option
from workers.cli.errors import CommandError
from workers.cli.output import TableColumn, print_json, print_line, print_table
from workers.operations.rules.wording import pluralise
from workers.surveys.jobs import preview as job
from workers.surveys.jobs.preview import Preview, UnknownRule
from workers.surveys.store.decisions import INVITE

ERRANDS = (
    TableColumn(heading="errand", right=True),
    TableColumn(heading="happened"),
    TableColumn(heading="due"),
    TableColumn(heading="rule"),
    TableColumn(heading="outcome"),
    TableColumn(heading="area"),
)


@click.command()
@click.option("--rule", required=True, metavar="NAME", help="Rule of the file in force.")
@click.option("--days", default=30, show_default=True, type=click.IntRange(1, 366))
@click.option("--list", "as_list", is_flag=True, help="Print one line per errand.")
@json_option
@workspace_option
def preview(rule: str, days: int, as_list: bool, as_json: bool, workspace: str | None) -> None:
    """Show what a rule would have done in the last days, beside the rules that are on.

    Errands are judged as they are now, by the judge that decides. Writes nothing.
    """
    with survey_workspace(workspace) as (conn, chosen):
        conn.read_only = True
        try:
            found = job.preview(conn, chosen, rule, days=days)
        except UnknownRule:
            raise CommandError(
                f"There is no rule {rule} in the file in force. To list them: cention surveys rules"
            ) from None
    if as_json:
        print_json(_document(found, days=days, as_list=as_list))
    elif as_list:
        rows = [
            (one.errand_id, one.event_at, one.due_at, one.rule, one.outcome, one.area)
            for one in found.errands
        ]
        print_table(ERRANDS, rows)
    else:
        _print_totals(found)


def _print_totals(found: Preview) -> None:
    invited = found.totals().get(INVITE, 0)
    print_line(
        f"{pluralise(invited, 'invitation')} for {pluralise(len(found.errands), 'errand')}; "
        f"{pluralise(found.waiting, 'errand')} not due yet."
    )
    for heading, groups in (
        ("outcome", {"all": found.totals()}),
        ("area", found.by_area()),
        ("day", found.by_day()),
    ):
        if found.errands:
            print_line("")
            _print_groups(heading, groups)


def _print_groups(heading: str, groups: Mapping[Any, Mapping[str, int]]) -> None:
    rows = [
        (group, outcome, number)
        for group, numbers in groups.items()
        for outcome, number in sorted(numbers.items(), key=lambda one: (-one[1], one[0]))
    ]
    columns = (
        TableColumn(heading=heading),
        TableColumn(heading="outcome"),
        TableColumn(heading="errands", right=True),
    )
    if heading == "outcome":
        print_table(columns[1:], [row[1:] for row in rows])
    else:
        print_table(columns, rows)


def _document(found: Preview, *, days: int, as_list: bool) -> dict[str, object]:
    totals = dict(found.totals())
    document: dict[str, object] = {
        "rule": found.rule,
        "days": days,
        "since": found.since,
        "until": found.until,
        "decided": len(found.errands),
        "waiting": found.waiting,
        "invited": totals.pop(INVITE, 0),
        "reasons": totals,
        "areas": [{"area": area, **numbers} for area, numbers in found.by_area().items()],
        "by_day": [{"day": day, **numbers} for day, numbers in found.by_day().items()],
    }
    return document | ({"errands": found.errands} if as_list else {})
