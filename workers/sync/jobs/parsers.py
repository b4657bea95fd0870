"""How documents of the fetched families become rows, whether just fetched or stored before."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from schemas.cention.attachments import AttachmentKind, read_attachment
from schemas.cention.errand_reports import ErrandReport, read_errand_report
from schemas.cention.facebook_ratings import FacebookRating, read_facebook_rating
from schemas.errors import DocumentError, Fault
from workers.config.names import Family
from workers.database import Connection
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
    """Writes records that were parsed again from stored documents."""

    def __call__(
        self, conn: Connection, workspace: str, records: Sequence[Fetched[Any]], /
    ) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilyParser:
    """How the stored documents of one family become rows, without a request to Cention."""

    family: Family
    parse: Callable[[int, Mapping[str, Any]], Any]  # id, document; raises DocumentError
    is_complete: Callable[[Any], bool]  # False: fetch it again if it had a problem before
    save: Rewrite
    rows: Callable[[Connection, str, Sequence[int]], Rows]  # of these ids


def parse_errand_report(
    errand_id: int, document: Mapping[str, Any], *, zone: ZoneInfo
) -> ErrandReport:
    """Parse the report of an errand. Raises ``DocumentError``, also for another errand."""
    report = read_errand_report(document, zone=zone)
    require_same_id(report.errand_id, errand_id)
    return report


def parse_facebook_rating(rating_id: int, document: Mapping[str, Any]) -> FacebookRating:
    """Parse a rating. Raises ``DocumentError``, also for another rating."""
    rating = read_facebook_rating(document)
    require_same_id(rating.rating_id, rating_id)
    return rating


def parse_attachment(
    kind: AttachmentKind, attachment_id: int, document: Mapping[str, Any]
) -> DescribedAttachment:
    """Parse the description of an attachment. Raises ``DocumentError``."""
    meta = read_attachment(document, kind)
    return DescribedAttachment(
        attachment_id=attachment_id,
        name=meta.name,
        content_type=meta.content_type,
        content_cid=meta.content_cid,
    )


def require_same_id(actual: int, requested: int) -> None:
    """Raise ``DocumentError`` if a document is about another record than the requested one."""
    if actual != requested:
        raise DocumentError(Fault("/data/id", f"is {actual}, but {requested} was asked for"))


def all_parsers(*, zone: ZoneInfo) -> tuple[FamilyParser, ...]:
    """Return the parser of every family, for a workspace in this time zone."""
    return (
        FamilyParser(
            family=Family.ERRAND_REPORTS,
            parse=partial(parse_errand_report, zone=zone),
            is_complete=lambda report: report.sla is not None,
            save=partial(errand_reports.save, rewrite=True),
            rows=row_digests.of_errand_reports,
        ),
        FamilyParser(
            family=Family.FACEBOOK_RATINGS,
            parse=parse_facebook_rating,
            is_complete=lambda rating: True,
            save=partial(facebook_ratings.save, rewrite=True),
            rows=row_digests.of_facebook_ratings,
        ),
        *(_attachments(family, kind) for family, kind in KINDS.items()),
    )


def _attachments(family: Family, kind: AttachmentKind) -> FamilyParser:
    return FamilyParser(
        family=family,
        parse=partial(parse_attachment, kind),
        is_complete=lambda described: False,  # its content was not stored with the problem
        save=partial(_describe, kind),
        rows=partial(row_digests.of_attachments, kind),
    )


def _describe(
    kind: AttachmentKind,
    conn: Connection,
    workspace: str,
    described: Sequence[Fetched[DescribedAttachment]],
) -> None:
    attachments.describe(conn, workspace, kind, [one.record for one in described])
