"""The lists of changed records that are polled: of errand reports and of Facebook ratings."""

from __future__ import annotations

from typing import Any, Protocol

from schemas.cention.errand_reports import read_changed_errands
from schemas.cention.facebook_ratings import read_changed_facebook_ratings
from workers.clients.fetch_loop import FetchLoop
from workers.config.names import Family
from workers.sync.jobs.poll import ChangedList
from workers.sync.store import errand_reports, facebook_ratings


class ChangedRecords(Protocol):
    """The client of the claim "Access to errand data", as far as polls use it."""

    async def changed_errands(self) -> dict[str, Any]: ...
    async def changed_facebook_ratings(self) -> dict[str, Any]: ...


def changed_lists(workspace: str, api: ChangedRecords, loop: FetchLoop) -> list[ChangedList]:
    """Return the lists of a workspace, which are fetched on ``loop``."""
    return [
        ChangedList(
            workspace=workspace,
            family=Family.ERRAND_REPORTS,
            begin=lambda: loop.begin(api.changed_errands()),
            parse=read_changed_errands,
            recently_gone=errand_reports.recently_gone_ids,
        ),
        ChangedList(
            workspace=workspace,
            family=Family.FACEBOOK_RATINGS,
            begin=lambda: loop.begin(api.changed_facebook_ratings()),
            parse=read_changed_facebook_ratings,
            recently_gone=facebook_ratings.recently_gone_ids,
        ),
    ]
