"""The fetched families: errand reports, Facebook ratings, attachments; each as a plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from psycopg import Connection

from schemas.cention.attachments import (
    RESOURCE_TYPES,
    AttachmentKind,
    AttachmentMeta,
    read_attachment,
)
from schemas.cention.errand_reports import ErrandReport, read_errand_report
from schemas.cention.facebook_ratings import FacebookRating, read_facebook_rating
from schemas.errors import DocumentError, Fault
from workers.clients.cention.attachments import FetchedAttachment
from workers.jobs.plans import Document, Plan
from workers.queues import Family
from workers.store import attachments, errand_reports, facebook_ratings
from workers.store.attachments import StoredAttachment
from workers.store.records import Fetched

KINDS = {
    Family.RESPONSE_ATTACHMENTS: AttachmentKind.RESPONSE,
    Family.AREA_ARCHIVES: AttachmentKind.AREA_ARCHIVE,
    Family.LIBRARY_ATTACHMENTS: AttachmentKind.LIBRARY,
}
FAMILIES = {kind: family for family, kind in KINDS.items()}


class ErrandData(Protocol):
    """What these families need of the claim "Access to errand data"."""

    def fetch_report(self, errand_id: int) -> dict[str, Any]: ...
    def fetch_facebook_rating(self, rating_id: int) -> dict[str, Any]: ...


class Attachments(Protocol):
    """What these families need of the claim "get attachment"."""

    def fetch(
        self, resource_type: str, attachment_id: int, *, max_bytes: int
    ) -> FetchedAttachment: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How much at once."""

    places: int
    lease_s: float
    batch: int = 200
    group: int = 100


def errand_reports_plan(workspace: str, api: ErrandData, *, zone: ZoneInfo, pace: Pace) -> Plan:
    """Return how errand reports are drained; one without SLA is worth another look."""

    def read(errand_id: int, document: dict[str, Any], _: Document) -> ErrandReport:
        report = read_errand_report(document, zone=zone)
        check_identity(report.errand_id, errand_id)
        return report

    return Plan(
        workspace=workspace,
        family=Family.ERRAND_REPORTS,
        batch=pace.batch,
        group=pace.group,
        places=pace.places,
        lease_s=pace.lease_s,
        fetch=lambda errand_id: Document(document=api.fetch_report(errand_id)),
        read=read,
        complete=lambda report: report.sla is not None,
        save=errand_reports.save,
        mark_gone=errand_reports.mark_gone,
        mark_unfit=None,
    )


def facebook_ratings_plan(workspace: str, api: ErrandData, *, pace: Pace) -> Plan:
    """Return how Facebook ratings are drained."""

    def read(rating_id: int, document: dict[str, Any], _: Document) -> FacebookRating:
        rating = read_facebook_rating(document)
        check_identity(rating.rating_id, rating_id)
        return rating

    return Plan(
        workspace=workspace,
        family=Family.FACEBOOK_RATINGS,
        batch=pace.batch,
        group=pace.group,
        places=pace.places,
        lease_s=pace.lease_s,
        fetch=lambda rating_id: Document(document=api.fetch_facebook_rating(rating_id)),
        read=read,
        complete=lambda rating: True,
        save=facebook_ratings.save,
        mark_gone=facebook_ratings.mark_gone,
        mark_unfit=None,
    )


def check_identity(told: int, asked: int) -> None:
    """Refuse a document about another record than the one asked for."""
    if told != asked:
        raise DocumentError(Fault("/data/id", f"is {told}, but {asked} was asked for"))


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachmentRecord:
    """What a file is called, and its content."""

    attachment_id: int
    meta: AttachmentMeta
    fetched: FetchedAttachment


def attachments_plan(
    workspace: str, family: Family, api: Attachments, *, max_bytes: int, pace: Pace
) -> Plan:
    """Return how one kind of attachments is drained."""
    kind = KINDS[family]

    def read(
        attachment_id: int, document: dict[str, Any], brought: FetchedAttachment
    ) -> AttachmentRecord:
        meta = read_attachment(document, kind)
        return AttachmentRecord(attachment_id=attachment_id, meta=meta, fetched=brought)

    def fetch(attachment_id: int) -> FetchedAttachment:
        return api.fetch(RESOURCE_TYPES[kind], attachment_id, max_bytes=max_bytes)

    return Plan(
        workspace=workspace,
        family=family,
        batch=pace.batch,
        group=pace.group,
        places=pace.places,
        lease_s=pace.lease_s,
        fetch=fetch,
        read=read,
        complete=lambda record: True,
        save=partial(_save_attachments, kind),
        mark_gone=partial(_mark_gone, kind),
        mark_unfit=partial(_mark_unfit, kind),
    )


def _save_attachments(
    kind: AttachmentKind,
    conn: Connection[Any],
    workspace: str,
    fetched: Sequence[Fetched[AttachmentRecord]],
) -> None:
    for one in sorted(fetched, key=lambda f: f.record.fetched.sha256):  # no two wait crosswise
        file, meta = one.record.fetched, one.record.meta
        file.content.seek(0)
        attachments.keep_content(conn, file.content, sha256=file.sha256, size_bytes=file.size_bytes)
        stored = StoredAttachment(
            attachment_id=one.record.attachment_id,
            name=meta.name,
            content_type=meta.content_type,
            content_cid=meta.content_cid,
            size_bytes=file.size_bytes,
            sha256=file.sha256,
            fetched_at=one.fetched_at,
        )
        attachments.save(conn, workspace, kind, stored)


def _mark_gone(
    kind: AttachmentKind,
    conn: Connection[Any],
    workspace: str,
    ids: Sequence[int],
    /,
    *,
    at: datetime,
) -> None:
    reason = "Cention has it no more"
    attachments.note_absent(conn, workspace, kind, ids, state="gone", reason=reason, at=at)


def _mark_unfit(
    kind: AttachmentKind,
    conn: Connection[Any],
    workspace: str,
    ids: Sequence[int],
    /,
    *,
    reason: str,
    at: datetime,
) -> None:
    attachments.note_absent(conn, workspace, kind, ids, state="refused", reason=reason, at=at)
