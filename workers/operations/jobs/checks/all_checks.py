"""All checks of ``cention check``, one after another."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Protocol

from workers.clients.cention.agent_logons import AgentLogonsApi
from workers.clients.cention.errand_data import ErrandDataApi
from workers.clients.cention.library import LibraryApi
from workers.clients.smtp import SmtpClient
from workers.clients.surveys.alvaria import AlvariaApi
from workers.clients.surveys.centracx import CentracxApi
from workers.clients.surveys.customer_radar import CustomerRadarApi
from workers.config.settings import Settings, load_settings
from workers.config.workspaces import SettingsError, WorkspaceSettings
from workers.operations.jobs.checks import (
    database,
    mirrors,
    packages,
    receiver,
    reports,
    services,
    spool,
    survey_vendors,
    time_zone,
)
from workers.operations.jobs.checks import settings as settings_check
from workers.operations.jobs.checks.finding import Finding


class Clients(Protocol):
    """Makes the clients that are tried; ``None`` where the settings have no account or token."""

    def errand_data(
        self, settings: Settings, workspace: WorkspaceSettings
    ) -> ErrandDataApi | None: ...
    def logio_api(
        self, settings: Settings, workspace: WorkspaceSettings
    ) -> AgentLogonsApi | None: ...
    def library_api(
        self, settings: Settings, workspace: WorkspaceSettings
    ) -> LibraryApi | None: ...
    def customer_radar_api(self, workspace: WorkspaceSettings) -> CustomerRadarApi | None: ...
    def centracx_api(self, workspace: WorkspaceSettings) -> CentracxApi | None: ...
    def alvaria_api(self, workspace: WorkspaceSettings) -> AlvariaApi | None: ...
    def smtp_client(self, workspace: WorkspaceSettings) -> SmtpClient | None: ...


def findings(clients: Clients) -> Iterator[Finding]:
    """Read the settings and yield what each check finds. Changes nothing, and yields no secret."""
    yield from packages.package_findings()
    try:
        settings = load_settings()
    except SettingsError as error:
        yield from settings_check.mistakes(error)
        return
    yield from settings_check.settings_findings(settings)
    yield from database.database_findings(settings)
    yield from services.broker_findings(settings)
    yield from spool.spool_findings(settings)
    yield from receiver.receiver_findings(settings)
    for workspace in settings.workspaces:
        yield from _of_workspace(settings, workspace, clients)


def _of_workspace(
    settings: Settings, workspace: WorkspaceSettings, clients: Clients
) -> Iterator[Finding]:
    yield services.cention_findings(workspace, partial(clients.errand_data, settings, workspace))
    yield from mirrors.mirror_findings(
        settings,
        workspace,
        logons=partial(clients.logio_api, settings, workspace),
        library=partial(clients.library_api, settings, workspace),
    )
    yield from survey_vendors.vendor_findings(
        workspace,
        customer_radar=partial(clients.customer_radar_api, workspace),
        centracx=partial(clients.centracx_api, workspace),
        alvaria=partial(clients.alvaria_api, workspace),
        mail=partial(clients.smtp_client, workspace),
        public_url=settings.survey_public_url,
    )
    yield from reports.report_findings(workspace)
    yield from time_zone.clock_findings(settings, workspace)
