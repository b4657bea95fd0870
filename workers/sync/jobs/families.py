"""The fetched families: errand reports, Facebook ratings, attachments; each as a plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from psycopg import Connection

from schemas.cention.attachments import RESOURCE_TYPES, AttachmentKind
from workers.clients.cention.attachments import FetchedAttachment
from workers.config.names import Family
from workers.database.records import Fetched
from workers.sync.jobs.family_spec import FamilySpec, PlainDocument
from workers.sync.jobs.parsers import KINDS, described_attachment, errand_report, facebook_rating
from workers.sync.store import attachments, errand_reports, facebook_ratings
from workers.sync.store.attachments import DescribedAttachment, StoredAttachment


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
class DrainLimits:
    """How much at once."""

    places: int
    lease_s: float
    batch: int = 200
    group: int = 100


def errand_reports_spec(
    workspace: str, api: ErrandData, *, zone: ZoneInfo, pace: DrainLimits
) -> FamilySpec:
    """Return how errand reports are drained; one without SLA is worth another look."""

    return FamilySpec(
        workspace=workspace,
        family=Family.ERRAND_REPORTS,
        batch=pace.batch,
        group=pace.group,
        places=pace.places,
        lease_s=pace.lease_s,
        fetch=lambda errand_id: PlainDocument(document=api.fetch_report(errand_id)),
        read=lambda errand_id, document, _: errand_report(errand_id, document, zone=zone),
        complete=lambda report: report.sla is not None,
        save=errand_reports.save,
        mark_gone=errand_reports.mark_gone,
        mark_rejected=None,
    )


def facebook_ratings_spec(workspace: str, api: ErrandData, *, pace: DrainLimits) -> FamilySpec:
    """Return how Facebook ratings are drained."""

    return FamilySpec(
        workspace=workspace,
        family=Family.FACEBOOK_RATINGS,
        batch=pace.batch,
        group=pace.group,
        places=pace.places,
        lease_s=pace.lease_s,
        fetch=lambda rating_id: PlainDocument(document=api.fetch_facebook_rating(rating_id)),
        read=lambda rating_id, document, _: facebook_rating(rating_id, document),
        complete=lambda rating: True,
        save=facebook_ratings.save,
        mark_gone=facebook_ratings.mark_gone,
        mark_rejected=None,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachmentRecord:
    """What is known of a file, and its content."""

    described: DescribedAttachment
    fetched: FetchedAttachment


def attachments_spec(
    workspace: str, family: Family, api: Attachments, *, max_bytes: int, pace: DrainLimits
) -> FamilySpec:
    """Return how one kind of attachments is drained."""
    kind = KINDS[family]

    def read(
        attachment_id: int, document: dict[str, Any], brought: FetchedAttachment
    ) -> AttachmentRecord:
        described = described_attachment(kind, attachment_id, document)
        return AttachmentRecord(described=described, fetched=brought)

    def fetch(attachment_id: int) -> FetchedAttachment:
        return api.fetch(RESOURCE_TYPES[kind], attachment_id, max_bytes=max_bytes)

    return FamilySpec(
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
        mark_rejected=partial(_mark_unfit, kind),
    )


def _save_attachments(
    kind: AttachmentKind,
    conn: Connection[Any],
    workspace: str,
    fetched: Sequence[Fetched[AttachmentRecord]],
) -> None:
    for one in sorted(fetched, key=lambda f: f.record.fetched.sha256):  # no two wait crosswise
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
    conn: Connection[Any],
    workspace: str,
    ids: Sequence[int],
    /,
    *,
    at: datetime,
) -> None:
    reason = "Cention has it no more"
    attachments.record_absent(conn, workspace, kind, ids, state="gone", reason=reason, at=at)


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
    attachments.record_absent(conn, workspace, kind, ids, state="refused", reason=reason, at=at)
