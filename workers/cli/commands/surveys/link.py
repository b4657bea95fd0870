"""``cention surveys link``"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from typing import TextIO

import click
from psycopg import Connection

from schemas.surveys.rule import MAX_ID, Vendor
from schemas.text.printable import escape
from workers import wiring
from workers.cli.context import (
    database,
    json_option,
    load_settings_or_exit,
    select_workspace,
    workspace_option,
)
from workers.cli.errors import CommandError
from workers.cli.output import print_json, print_stderr, print_unwrapped
from workers.config.settings import Settings
from workers.operations.rules.wording import pluralise
from workers.surveys.jobs.hand_over import NoLink, Wanted, link_for
from workers.surveys.jobs.judgement import NoPersonKey, SurveyWorkspace

HEADINGS = ("errand", "url", "problem")


@click.command()
@click.argument("errand_id", metavar="[ERRAND]", required=False, type=click.IntRange(1, MAX_ID))
@click.option(
    "--csv",
    "file",
    type=click.File(encoding="utf-8-sig"),
    help="Numbers of many errands, one a line; - is standard input. Prints CSV.",
)
@click.option(
    "--vendor",
    type=click.Choice((Vendor.CENTRACX.value, Vendor.OWN.value)),
    help="Whose survey; without it CentraCX if the rules file has [centracx], else our own page.",
)
@click.option("--page", help="Page of the rules file, if it has several.")
@json_option
@workspace_option
def link(
    errand_id: int | None,
    file: TextIO | None,
    vendor: str | None,
    page: str | None,
    as_json: bool,
    workspace: str | None,
) -> None:
    """Print the link to a survey about ERRAND, to be handed over; nobody is written to.

    It counts as an invitation: the customer is not asked again within the quiet period. Asked
    again, the command prints the same link.
    """
    if (errand_id is None) == (file is None):
        raise click.UsageError("Give either an ERRAND or --csv FILE.")
    settings = load_settings_or_exit()
    selected = select_workspace(settings, workspace)
    wanted = Wanted(
        vendor=Vendor(vendor) if vendor else None,
        page=page,
        has_centracx=selected.surveys.centracx is not None,
    )
    maker = _Maker(settings, wiring.survey_workspace(settings, selected), wanted)
    if file is not None:
        maker.print_many(file)
        return
    try:
        url = maker.make(errand_id or 0)
    except NoLink as error:
        raise CommandError(str(error)) from None
    if as_json:
        print_json({"url": url})
    else:
        print_unwrapped(url)


class _Maker:
    def __init__(self, settings: Settings, workspace: SurveyWorkspace, wanted: Wanted) -> None:
        if settings.survey_public_url is None:
            raise CommandError(
                "SURVEY_PUBLIC_URL is not set: the links would lead nowhere. Set it to the address "
                "at which customers reach the receiver."
            )
        self._settings = settings
        self._public_url = settings.survey_public_url
        self._workspace = workspace
        self._wanted = wanted

    def make(self, errand_id: int) -> str:
        """Return the link of one errand. Raises ``NoLink``."""
        with database(self._settings) as conn:
            return self._make(conn, errand_id)

    def print_many(self, file: TextIO) -> None:
        """Print the links of many errands, each committed before it is printed."""
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(HEADINGS)
        without = 0
        with database(self._settings, autocommit=True) as conn:
            for errand_id in _errands(file):
                try:
                    with conn.transaction():
                        url = self._make(conn, errand_id)
                except NoLink as error:
                    without += 1
                    writer.writerow((errand_id, "", escape(str(error))))
                else:
                    writer.writerow((errand_id, url, ""))
        if without:
            print_stderr(f"{pluralise(without, 'errand')} without a link: see the column problem.")
            raise click.exceptions.Exit(1)

    def _make(self, conn: Connection, errand_id: int) -> str:
        try:
            return link_for(
                conn,
                self._workspace,
                errand_id,
                wanted=self._wanted,
                public_url=self._public_url,
            )
        except NoPersonKey:
            raise CommandError(
                f"The database does not know {self._workspace.name} yet. Run: cention migrate"
            ) from None


def _errands(file: TextIO) -> Iterator[int]:
    """Yield the numbers in the first column; a heading is passed over. Raises ``CommandError``."""
    try:
        for line, row in enumerate(csv.reader(file), start=1):
            text = row[0].strip() if row else ""
            if not text or (line == 1 and not text.isdecimal()):
                continue
            if not (text.isascii() and text.isdecimal() and 0 < int(text[:20]) <= MAX_ID):
                raise CommandError(f"Line {line} has no number of an errand in its first column.")
            yield int(text)
    except (UnicodeDecodeError, csv.Error):
        raise CommandError("The file is not CSV in UTF-8.") from None
