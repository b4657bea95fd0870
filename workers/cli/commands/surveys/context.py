"""The workspace of a survey command, and a connection to its database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from workers import wiring
from workers.cli.context import database, load_settings_or_exit, select_workspace
from workers.cli.errors import CommandError
from workers.database import Connection
from workers.surveys.jobs.judgement import NoPersonKey, SurveyWorkspace


@contextmanager
def survey_workspace(name: str | None) -> Iterator[tuple[Connection, SurveyWorkspace]]:
    """Open a connection, and select one workspace; yields both. Raises ``CommandError``."""
    settings = load_settings_or_exit()
    chosen = select_workspace(settings, name)
    workspace = wiring.survey_workspace(settings, chosen)
    with database(settings) as conn:
        try:
            yield conn, workspace
        except NoPersonKey:
            raise CommandError(
                f"The database does not know {chosen.name} yet. Run: cention migrate"
            ) from None
