"""The specs of the fetched families: errand reports, Facebook ratings, attachments."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from schemas.cention.attachments import RESOURCE_TYPES, AttachmentKind
from workers.clients.cention.attachments import FetchedAttachment
from workers.config.names import Family
from workers.database import Connection
from workers.database.records import Fetched
from workers.sync.jobs.family_spec import DrainLimits, FamilySpec, PlainDocument
from workers.sync.jobs.parsers import (
    KINDS,
    parse_attachment,
    parse_errand_report,
    parse_facebook_rating,
)
from workers.sync.store import attachments, errand_reports, facebook_ratings
from workers.sync.store.attachments import DescribedAttachment, StoredAttachment


class ErrandData(Protocol):
    """The client of the claim "Access to errand data", as far as these families use it."""

    async def fetch_report(self, errand_id: int) -> dict[str, Any]: ...
    async def fetch_facebook_rating(self, rating_id: int) -> dict[str, Any]: ...


class Attachments(Protocol):
    """The client of the claim "get attachment", as far as these families use it."""

    def fetch(
        self, resource_type: str, attachment_id: int, *, max_bytes: int
    ) -> FetchedAttachment: ...


def errand_reports_spec(
    workspace: str, api: ErrandData, *, zone: ZoneInfo, limits: DrainLimits
) -> FamilySpec:
    """Return the spec of errand reports; one without SLA is fetched again later."""

    async def fetch(errand_id: int) -> PlainDocument:
        return PlainDocument(document=await api.fetch_report(errand_id))

    return FamilySpec(
        workspace=workspace,
        family=Family.ERRAND_REPORTS,
        limits=limits,
        fetch=fetch,
        parse=lambda errand_id, document, _: parse_errand_report(errand_id, document, zone=zone),
        save=errand_reports.save,
        mark_gone=errand_reports.mark_gone,
        is_complete=lambda report: report.sla is not None,
    )


def facebook_ratings_spec(workspace: str, api: ErrandData, *, limits: DrainLimits) -> FamilySpec:
    """Return the spec of Facebook ratings."""

    async def fetch(rating_id: int) -> PlainDocument:
        return PlainDocument(document=await api.fetch_facebook_rating(rating_id))

    return FamilySpec(
        workspace=workspace,
        family=Family.FACEBOOK_RATINGS,
        limits=limits,
        fetch=fetch,
        parse=lambda rating_id, document, _: parse_facebook_rating(rating_id, document),
        save=facebook_ratings.save,
        mark_gone=facebook_ratings.mark_gone,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachmentRecord:
    """The description of an attachment, and its content."""

    described: DescribedAttachment
    fetched: FetchedAttachment


def attachments_spec(
    workspace: str, family: Family, api: Attachments, *, max_bytes: int, limits: DrainLimits
) -> FamilySpec:
    """Return the spec of one kind of attachments; each is fetched in a thread."""
    kind = KINDS[family]

    async def fetch(attachment_id: int) -> FetchedAttachment:
        resource_type = RESOURCE_TYPES[kind]
        return await asyncio.to_thread(api.fetch, resource_type, attachment_id, max_bytes=max_bytes)

    def parse(
        attachment_id: int, document: dict[str, Any], fetched: FetchedAttachment
    ) -> AttachmentRecord:
        described = parse_attachment(kind, attachment_id, document)
        return AttachmentRecord(described=described, fetched=fetched)

    return FamilySpec(
        workspace=workspace,
        family=family,
        # Each file of a batch may fill a temporary file, so few are fetched at once.
        limits=replace(limits, batch_size=16, group_size=4),
        fetch=fetch,
        parse=parse,
        save=partial(_save_attachments, kind),
        mark_gone=partial(_mark_gone, kind),
        mark_refused=partial(_mark_refused, kind),
    )


def _save_attachments(
    kind: AttachmentKind,
    conn: Connection,
    workspace: str,
    fetched: Sequence[Fetched[AttachmentRecord]],
) -> None:
    # Every transaction locks contents in the same order, so that no two deadlock.
    for one in sorted(fetched, key=lambda f: f.record.fetched.sha256):
        file, described = one.record.fetched, one.record.described
        file.content.seek(0)
        attachments.insert_content(
            conn, file.content, sha256=file.sha256, size_bytes=file.size_bytes
        )
        stored = StoredAttachment(
            attachment_id=described.attachment_id,
            name=described.name,
            content_type=described.content_type,
            content_cid=described.content_cid,
            size_bytes=file.size_bytes,
            sha256=file.sha256,
            fetched_at=one.fetched_at,
        )
        attachments.save(conn, workspace, kind, stored)


def _mark_gone(
    kind: AttachmentKind,
    conn: Connection,
    workspace: str,
    ids: Sequence[int],
    /,
    *,
    at: datetime,
) -> None:
    reason = "no longer exists at Cention"
    attachments.record_absent(conn, workspace, kind, ids, state="gone", reason=reason, at=at)


def _mark_refused(
    kind: AttachmentKind,
    conn: Connection,
    workspace: str,
    ids: Sequence[int],
    /,
    *,
    reason: str,
    at: datetime,
) -> None:
    attachments.record_absent(conn, workspace, kind, ids, state="refused", reason=reason, at=at)
