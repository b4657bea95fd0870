"""The composition root of the workers: builds pools, clients and specs from the settings."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from psycopg_pool import ConnectionPool

from schemas.surveys.customer_radar import Credentials
from schemas.surveys.rule import Vendor
from workers.analytics.jobs.reports.send import ReportMail, report_mails
from workers.clients import timeouts
from workers.clients.async_http import AsyncHttpApi
from workers.clients.cention.agent_logons import AgentLogonsApi
from workers.clients.cention.attachments import AttachmentsApi
from workers.clients.cention.contact_cards import ContactsApi
from workers.clients.cention.errand_data import ErrandDataApi, ErrandDocuments
from workers.clients.cention.errands import ErrandsApi
from workers.clients.cention.exports import ExportsApi
from workers.clients.cention.library import LibraryApi
from workers.clients.fetch_loop import FetchLoop
from workers.clients.http import HttpApi
from workers.clients.smtp import SmtpClient
from workers.clients.surveys.alvaria import Account as AlvariaAccount
from workers.clients.surveys.alvaria import AlvariaApi
from workers.clients.surveys.centracx import CentracxApi, ReplyIn
from workers.clients.surveys.customer_radar import URL as CUSTOMER_RADAR_URL
from workers.clients.surveys.customer_radar import CustomerRadarApi
from workers.clients.surveys.digidesk import URL as DIGIDESK_URL
from workers.clients.surveys.digidesk import DigideskApi
from workers.config.names import Family, Mirror
from workers.config.settings import Retention, Settings
from workers.config.workspaces import WorkspaceSettings
from workers.database import Connection, Transaction, connections
from workers.mirrors.jobs import exports
from workers.mirrors.jobs.agent_logons import agent_logons_mirror
from workers.mirrors.jobs.library import library_mirror
from workers.mirrors.jobs.refresh import MirrorSpec, RefreshResult
from workers.mirrors.rules import enabled
from workers.operations.jobs.address_check import AddressCheck
from workers.operations.jobs.sweep import MIN_SWEEP_INTERVAL_S, Throttle
from workers.surveys.jobs import converse
from workers.surveys.jobs.converse import ConversationVendors
from workers.surveys.jobs.invite import AT_ONCE
from workers.surveys.jobs.judgement import SurveyWorkspace
from workers.surveys.jobs.vendor_requests import (
    Accounts,
    VendorAccount,
    ask_by_mail,
    ask_customer_radar,
    ask_digidesk,
)
from workers.sync.jobs.changed_lists import changed_lists
from workers.sync.jobs.families import (
    attachments_spec,
    errand_reports_spec,
    facebook_ratings_spec,
)
from workers.sync.jobs.family_spec import DrainLimits, FamilySpec
from workers.sync.jobs.parsers import KINDS
from workers.sync.jobs.poll import ChangedList


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerContext:
    """The pool, clients and specs that the tasks of one process use."""

    pool: ConnectionPool[Connection]
    fetch_loop: FetchLoop
    families: Mapping[tuple[str, Family], FamilySpec]
    changed_lists: Mapping[str, Sequence[ChangedList]]  # by workspace
    poll_every_s: int
    sweep_throttle: Throttle
    retention: Retention
    mirrors: Mapping[tuple[str, Mirror], MirrorSpec]
    survey_workspaces: Mapping[str, SurveyWorkspace]
    survey_accounts: Mapping[str, Accounts]
    inviters: ThreadPoolExecutor
    conversation_vendors: Mapping[str, ConversationVendors]
    conversers: ThreadPoolExecutor
    errands: Mapping[str, ErrandsApi]  # by workspace that has a token for it
    report_mails: Mapping[str, ReportMail]  # by workspace whose report is sent
    addresses: AddressCheck

    @property
    def workspaces(self) -> Collection[str]:
        """All configured workspaces, also those without any token."""
        return self.changed_lists.keys()

    @contextmanager
    def session(self) -> Iterator[Connection]:
        """Yield a connection in autocommit mode."""
        with self.pool.connection() as conn:
            yield conn

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Yield a connection; commit at the end, or roll back on an error."""
        with self.pool.connection() as conn, conn.transaction():
            yield conn


def build(settings: Settings) -> WorkerContext:
    """Open the pool and the clients. Call it after the fork, once per process."""
    pool = connections.open_pool(settings.database_url)
    fetch_loop = FetchLoop(settings.fetch_threads)
    return WorkerContext(
        pool=pool,
        addresses=AddressCheck(settings.workspaces, session=pool.connection),
        fetch_loop=fetch_loop,
        families={
            (spec.workspace, spec.family): spec
            for workspace in settings.workspaces
            for spec in _family_specs(settings, workspace, fetch_loop)
        },
        changed_lists={
            each.name: changed_lists_of(settings, each, fetch_loop) for each in settings.workspaces
        },
        poll_every_s=settings.poll_every_s,
        sweep_throttle=Throttle(MIN_SWEEP_INTERVAL_S),
        retention=settings.retention,
        mirrors={
            (spec.workspace, spec.mirror): spec
            for workspace in settings.workspaces
            for spec in mirror_specs(settings, workspace)
        },
        survey_workspaces={
            one.name: survey_workspace(settings, one) for one in settings.workspaces
        },
        survey_accounts={one.name: survey_accounts(settings, one) for one in settings.workspaces},
        inviters=ThreadPoolExecutor(AT_ONCE, thread_name_prefix="invite"),
        conversation_vendors={one.name: conversation_vendors(one) for one in settings.workspaces},
        conversers=ThreadPoolExecutor(converse.AT_ONCE, thread_name_prefix="converse"),
        errands={
            each.name: api
            for each in settings.workspaces
            if (api := errands_api(settings, each)) is not None
        },
        report_mails=report_mails(settings.workspaces),
    )


def survey_workspace(settings: Settings, workspace: WorkspaceSettings) -> SurveyWorkspace:
    """Return what surveys need to know of the settings of a workspace."""
    return SurveyWorkspace(
        name=workspace.name,
        zone=workspace.timezone,
        country=settings.survey_country,
        vendors=frozenset(survey_accounts(settings, workspace)),
    )


def survey_accounts(settings: Settings, workspace: WorkspaceSettings) -> Accounts:
    """Return the survey vendors that a workspace can ask."""
    found: dict[Vendor, VendorAccount] = {}
    if (digidesk := workspace.surveys.digidesk) is not None:
        api = DigideskApi(
            digidesk.url or DIGIDESK_URL,
            user=digidesk.user,
            password=digidesk.password,
            timeouts=timeouts.SURVEY_VENDOR,
        )
        found[Vendor.DIGIDESK] = VendorAccount(
            ask=ask_digidesk(api), per_minute=digidesk.per_minute
        )
    account, radar = workspace.surveys.customer_radar, customer_radar_api(workspace)
    if account is not None and radar is not None:
        found[Vendor.CUSTOMER_RADAR] = VendorAccount(
            ask=ask_customer_radar(radar, client=account.client), per_minute=account.per_minute
        )
    return {**found, **_mailed_vendors(settings, workspace)}


def _mailed_vendors(settings: Settings, workspace: WorkspaceSettings) -> Accounts:
    """Return the vendors whose surveys are on our pages; we mail their links."""
    account, client = workspace.surveys.mail, smtp_client(workspace)
    url = settings.survey_public_url
    if account is None or client is None or url is None:
        return {}
    by_mail = VendorAccount(
        ask=ask_by_mail(client, public_url=url, sender_domain=account.sender.rpartition("@")[2]),
        per_minute=account.per_minute,
    )
    if workspace.surveys.centracx is None:
        return {Vendor.OWN: by_mail}
    return {Vendor.OWN: by_mail, Vendor.CENTRACX: by_mail}


def smtp_client(workspace: WorkspaceSettings) -> SmtpClient | None:
    """Return the client of the mail server, if there is one."""
    account = workspace.surveys.mail
    return SmtpClient(account, timeouts=timeouts.MAIL) if account else None


def customer_radar_api(workspace: WorkspaceSettings) -> CustomerRadarApi | None:
    """Return the client of the account at Customer Radar, if there is one."""
    account = workspace.surveys.customer_radar
    if account is None:
        return None
    credentials = Credentials(username=account.user, password=account.password)
    return CustomerRadarApi(
        account.url or CUSTOMER_RADAR_URL, credentials=credentials, timeouts=timeouts.SURVEY_VENDOR
    )


def centracx_api(workspace: WorkspaceSettings) -> CentracxApi | None:
    """Return the client of the account at CentraCX, if there is one."""
    account = workspace.surveys.centracx
    if account is None:
        return None
    return CentracxApi(
        account.url,
        key=account.key,
        secret=account.secret,
        reply_in=ReplyIn(account.reply_in),
        timeouts=timeouts.SURVEY_VENDOR,
    )


def alvaria_api(workspace: WorkspaceSettings) -> AlvariaApi | None:
    """Return the client of the application at Alvaria, if there is one."""
    found = workspace.surveys.alvaria
    if found is None:
        return None
    account = AlvariaAccount(
        org=found.org,
        client_id=found.client_id,
        secret=found.secret,
        api_key=found.api_key,
        scope=found.scope,
    )
    return AlvariaApi(found.url, found.token_url, account=account, timeouts=timeouts.SURVEY_VENDOR)


def conversation_vendors(workspace: WorkspaceSettings) -> ConversationVendors:
    """Return the vendors that conduct surveys on our pages."""
    found = {}
    centracx, alvaria = workspace.surveys.centracx, workspace.surveys.alvaria
    if centracx is not None and (centracx_client := centracx_api(workspace)) is not None:
        found[converse.CENTRACX] = converse.centracx_vendor(
            centracx_client, per_minute=centracx.per_minute
        )
    if alvaria is not None and (alvaria_client := alvaria_api(workspace)) is not None:
        found[converse.ALVARIA] = converse.alvaria_vendor(
            alvaria_client, per_minute=alvaria.per_minute
        )
    return found


def errand_data(settings: Settings, workspace: WorkspaceSettings) -> ErrandDataApi | None:
    """Return the client of the claim "Access to errand data", if it has a token."""
    token = workspace.tokens.errand_data
    return ErrandDataApi(_http(settings, workspace), token=token) if token else None


def logio_api(settings: Settings, workspace: WorkspaceSettings) -> AgentLogonsApi | None:
    """Return the client of the claim "Access to logio API", if it has a token."""
    token = workspace.tokens.logio
    return AgentLogonsApi(_http(settings, workspace), token=token) if token else None


def contacts_api(settings: Settings, workspace: WorkspaceSettings) -> ContactsApi | None:
    """Return the client of the claim "Access and create customer contacts", if it has a token."""
    token = workspace.tokens.contacts
    return ContactsApi(_http(settings, workspace), token=token) if token else None


def exports_api(
    settings: Settings, workspace: WorkspaceSettings, *, longest_s: float | None = None
) -> ExportsApi | None:
    """Return the client of the claim "Access to export API", if it has a token.

    Its timeout is ``EXPORT_TIMEOUT_S``, and ``longest_s`` at most.
    """
    token = workspace.tokens.export
    if not token:
        return None
    total_s = min(settings.export_timeout_s, longest_s or settings.export_timeout_s)
    http = HttpApi(
        "cention",
        workspace.cention_url,
        timeouts=timeouts.single_timeout(total_s),
        max_body_bytes=settings.export_max_bytes,
    )
    return ExportsApi(http, token=token)


def errands_api(settings: Settings, workspace: WorkspaceSettings) -> ErrandsApi | None:
    """Return the client of the claim "Create errand", if it has a token."""
    if not (token := workspace.tokens.create_errand):
        return None
    http = _http(settings, workspace, slow=True)
    return ErrandsApi(http, token=token, end_call_type=settings.end_call_type)


def _family_specs(
    settings: Settings, workspace: WorkspaceSettings, loop: FetchLoop
) -> Iterator[FamilySpec]:
    usual = DrainLimits(max_drains=settings.drains_per_workspace, lease_s=settings.lease_s)
    if data := _errand_documents(settings, workspace, loop):
        yield errand_reports_spec(workspace.name, data, zone=workspace.timezone, limits=usual)
        yield facebook_ratings_spec(workspace.name, data, limits=usual)
    for family in KINDS:
        if token := _files_token(workspace, family):
            files = AttachmentsApi(_http(settings, workspace, slow=True), token=token)
            yield attachments_spec(
                workspace.name, family, files, max_bytes=settings.attachment_max_bytes, limits=usual
            )


def _errand_documents(
    settings: Settings, workspace: WorkspaceSettings, loop: FetchLoop
) -> ErrandDocuments | None:
    if not (token := workspace.tokens.errand_data):
        return None
    limits = timeouts.timeouts_of(settings)
    http = AsyncHttpApi("cention", workspace.cention_url, timeouts=limits, loop=loop)
    return ErrandDocuments(http, token=token)


def _files_token(workspace: WorkspaceSettings, family: Family) -> str | None:
    """Return the token for the files of a family; files of the library belong to its claim."""
    attachments, library = workspace.tokens.attachments, workspace.tokens.library
    match family:
        case Family.LIBRARY_ATTACHMENTS:
            return library or attachments
        case Family.AREA_ARCHIVES:  # both claims cover them
            return attachments or library
        case _:
            return attachments


def library_api(settings: Settings, workspace: WorkspaceSettings) -> LibraryApi | None:
    """Return the client of the claim "Access to library", if it has a token."""
    token = workspace.tokens.library
    # The whole library is one document, which Cention may take long to make.
    return LibraryApi(_http(settings, workspace, slow=True), token=token) if token else None


def mirror_specs(settings: Settings, workspace: WorkspaceSettings) -> Iterator[MirrorSpec]:
    """Return the spec of each mirror that has a token and an interval."""
    every_s = enabled.intervals_of(settings.mirror_every_s, workspace)
    if Mirror.LIBRARY in every_s and (library := library_api(settings, workspace)):
        yield library_mirror(workspace.name, library, every_s=every_s[Mirror.LIBRARY])
    if Mirror.AGENT_LOGONS in every_s and (log := logio_api(settings, workspace)):
        yield agent_logons_mirror(
            workspace.name,
            log,
            every_s=every_s[Mirror.AGENT_LOGONS],
            first_days=settings.agent_logons_first_days,
        )
    # Within a lease: the task is killed a minute after that, and its export would be lost.
    if Mirror.EXPORTS in every_s and (
        api := exports_api(settings, workspace, longest_s=settings.lease_s)
    ):
        yield _exports_mirror(workspace, api, every_s=every_s[Mirror.EXPORTS])


def _exports_mirror(workspace: WorkspaceSettings, api: ExportsApi, *, every_s: int) -> MirrorSpec:
    schedule = exports.Schedule(
        preset_id=str(workspace.export_preset),
        every_s=every_s,
        today=lambda: datetime.now(workspace.timezone).date(),
    )

    def refresh(session: Transaction) -> RefreshResult:
        context = exports.ExportContext(
            workspace=workspace.name, zone=workspace.timezone, request=api.run, session=session
        )
        return exports.run_scheduled(context, schedule)

    return MirrorSpec(
        workspace=workspace.name, mirror=Mirror.EXPORTS, every_s=every_s, refresh=refresh
    )


def changed_lists_of(
    settings: Settings, workspace: WorkspaceSettings, loop: FetchLoop
) -> list[ChangedList]:
    """Return the lists of changes that can be polled; none without a token for them."""
    data = _errand_documents(settings, workspace, loop)
    return changed_lists(workspace.name, data, loop) if data else []


def _http(settings: Settings, workspace: WorkspaceSettings, *, slow: bool = False) -> HttpApi:
    """Build the HTTP client of a workspace; a ``slow`` one may download slowly."""
    limits = timeouts.timeouts_of(settings, slow=slow)
    return HttpApi("cention", workspace.cention_url, timeouts=limits)
