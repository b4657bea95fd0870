"""A worker that carries out what operators ask for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from tests.support.web import web_settings
from workers import wiring
from workers.database import Connection, connections
from workers.operations.jobs.operator_work import Tools, carry_out_next


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """A worker of a database, with a spool of its own."""

    database: str
    spool: Path

    def tools(self) -> Tools:
        """Return what its work needs."""
        settings = replace(web_settings(self.database), spool_dir=self.spool)
        return Tools(
            session=self._session,
            settings=settings,
            survey_workspaces={
                one.name: wiring.survey_workspace(settings, one) for one in settings.workspaces
            },
            clients=wiring,
        )

    def work(self) -> int:
        """Carry out all requests; return how many there were."""
        number = 0
        while carry_out_next(self.tools()):
            number += 1
        return number

    @contextmanager
    def _session(self) -> Iterator[Connection]:
        with connections.connect(self.database) as conn:
            conn.autocommit = True
            yield conn
