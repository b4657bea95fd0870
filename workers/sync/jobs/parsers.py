"""How documents of the fetched families become rows, wherever the documents come from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from psycopg import Connection

from schemas.cention.attachments import AttachmentKind, read_attachment
from schemas.cention.errand_reports import ErrandReport, read_errand_report
from schemas.cention.facebook_ratings import FacebookRating, read_facebook_rating
from schemas.errors import DocumentError, Fault
from workers.config.names import Family
from workers.database.records import Fetched
from workers.sync.store import attachments, errand_reports, facebook_ratings, row_digests
from workers.sync.store.attachments import DescribedAttachment
from workers.sync.store.row_digests import Rows

KINDS = {
    Family.RESPONSE_ATTACHMENTS: AttachmentKind.RESPONSE,
    Family.AREA_ARCHIVES: AttachmentKind.AREA_ARCHIVE,
    Family.LIBRARY_ATTACHMENTS: AttachmentKind.LIBRARY,
}
FAMILIES = {kind: family for family, kind in KINDS.items()}


class Rewrite(Protocol):
    """Writes records made of documents that were fetched before."""

    def __call__(
        self, conn: Connection[Any], workspace: str, records: Sequence[Fetched[Any]], /
    ) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilyParser:
    """How the documents of one family become rows, without asking Cention."""

    family: Family
    read: Callable[[int, Mapping[str, Any]], Any]  # id, document; raises DocumentError
    suffices: Callable[[Any], bool]  # False: to be fetched once more if it makes sense only now
    save: Rewrite
    rows: Callable[[Connection[Any], str, Sequence[int]], Rows]  # of these ids


def errand_report(errand_id: int, document: Mapping[str, Any], *, zone: ZoneInfo) -> ErrandReport:
    """Read the report of an errand. Raises ``DocumentError``, also if it is of another errand."""
    report = read_errand_report(document, zone=zone)
    require_same_id(report.errand_id, errand_id)
    return report


def facebook_rating(rating_id: int, document: Mapping[str, Any]) -> FacebookRating:
    """Read a rating. Raises ``DocumentError``, also if it is another rating."""
    rating = read_facebook_rating(document)
    require_same_id(rating.rating_id, rating_id)
    return rating


def described_attachment(
    kind: AttachmentKind, attachment_id: int, document: Mapping[str, Any]
) -> DescribedAttachment:
    """Read what a document says about an attachment. Raises ``DocumentError``."""
    meta = read_attachment(document, kind)
    return DescribedAttachment(
        attachment_id=attachment_id,
        name=meta.name,
        content_type=meta.content_type,
        content_cid=meta.content_cid,
    )


def require_same_id(told: int, asked: int) -> None:
    """Refuse a document about another record than the one asked for."""
    if told != asked:
        raise DocumentError(Fault("/data/id", f"is {told}, but {asked} was asked for"))


def all_parsers(*, zone: ZoneInfo) -> tuple[FamilyParser, ...]:
    """Return the reading of every family, for a workspace with this clock."""
    return (
        FamilyParser(
            family=Family.ERRAND_REPORTS,
            read=partial(errand_report, zone=zone),
            suffices=lambda report: report.sla is not None,
            save=partial(errand_reports.save, anew=True),
            rows=row_digests.of_errand_reports,
        ),
        FamilyParser(
            family=Family.FACEBOOK_RATINGS,
            read=facebook_rating,
            suffices=lambda rating: True,
            save=partial(facebook_ratings.save, anew=True),
            rows=row_digests.of_facebook_ratings,
        ),
        *(_attachments(family, kind) for family, kind in KINDS.items()),
    )


def _attachments(family: Family, kind: AttachmentKind) -> FamilyParser:
    return FamilyParser(
        family=family,
        read=partial(described_attachment, kind),
        suffices=lambda described: False,  # the content of what made no sense was not kept
        save=partial(_describe, kind),
        rows=partial(row_digests.of_attachments, kind),
    )


def _describe(
    kind: AttachmentKind,
    conn: Connection[Any],
    workspace: str,
    described: Sequence[Fetched[DescribedAttachment]],
) -> None:
    attachments.describe(conn, workspace, kind, [one.record for one in described])
