"""The stored library: each refresh updates it in one transaction.

What is no longer in Cention is marked as gone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from psycopg.rows import class_row, dict_row

from schemas.cention.attachments import AttachmentKind
from schemas.cention.library_graph import Kind, LibraryFile, LibraryGraph, Link, Node
from schemas.text.html import text_of_html
from workers.database import Connection, queries

SQL = queries.load(__name__)

MAX_TEXT_CHARACTERS = 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class LibraryRefresh:
    """One refresh of a workspace's library, from the first request to the commit."""

    number: int
    began_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LibrarySnapshot:
    """The library as fetched by one refresh."""

    graph: LibraryGraph
    toplist: AbstractSet[int]  # ids of questions


def begin_refresh(conn: Connection, workspace: str) -> LibraryRefresh:
    """Begin a refresh, before the first request to Cention."""
    with conn.cursor(row_factory=class_row(LibraryRefresh)) as cursor:
        return cursor.execute(SQL["begin_refresh"], {"workspace": workspace}).fetchall()[0]


def lock_for_write(conn: Connection, workspace: str, refresh: LibraryRefresh) -> bool:
    """Wait until no other refresh writes; return false if a newer one has written already."""
    parameters = {"workspace": workspace, "number": refresh.number}
    return conn.execute(SQL["lock_for_write"], parameters).fetchone() is not None


def vanished_kinds(
    conn: Connection, workspace: str, present: Iterable[Node]
) -> tuple[frozenset[Kind], frozenset[Kind]]:
    """Return the kinds of which no node is ``present`` any more: now, and at the last call."""
    present_kinds = sorted({node.kind for node in present})
    parameters = {"workspace": workspace, "present_kinds": present_kinds}
    now, before = conn.execute(SQL["vanished_kinds"], parameters).fetchall()[0]
    return frozenset(map(Kind, now)), frozenset(map(Kind, before))


def current_links(conn: Connection, workspace: str) -> frozenset[Link]:
    """Return every link that is not gone."""
    found = conn.execute(SQL["current_links"], {"workspace": workspace}).fetchall()
    return frozenset(
        Link(Node(Kind(owner_kind), owner_id), Node(Kind(target_kind), target_id))
        for owner_kind, owner_id, target_kind, target_id in found
    )


def texts_with_known_images(conn: Connection, workspace: str) -> Mapping[int, tuple[str, str]]:
    """Return question and answer, as HTML, of the questions whose images are known."""
    found = conn.execute(SQL["texts_with_known_images"], {"workspace": workspace}).fetchall()
    return {question_id: (question, answer) for question_id, question, answer in found}


def files_to_fetch(
    conn: Connection, workspace: str, graph: LibraryGraph
) -> dict[AttachmentKind, list[int]]:
    """Return the files and images whose contents are not stored, or may have changed."""
    parameters = {"workspace": workspace, "records": _json(_links(_links_in(graph), graph.files))}
    found: dict[AttachmentKind, list[int]] = {}
    with conn.cursor(row_factory=dict_row) as cursor:
        for row in cursor.execute(SQL["files_to_fetch"], parameters):
            found.setdefault(AttachmentKind(row["kind"]), []).append(row["attachment_id"])
    return found


def save(conn: Connection, workspace: str, snapshot: LibrarySnapshot, *, at: datetime) -> None:
    """Write a snapshot; records that were gone and are back lose their ``gone_at``."""
    graph = snapshot.graph
    links = _json(_links(_links_in(graph), graph.files))
    questions = _json(_questions(snapshot))
    for query, records in (
        (SQL["save_libraries"], _json(_libraries(graph))),
        (SQL["save_categories"], _json(_categories(graph))),
        (SQL["save_questions"], questions),
        (SQL["see_questions"], questions),
        (SQL["save_links"], links),
        (SQL["save_question_attachments"], links),
    ):
        conn.execute(query, {"workspace": workspace, "records": records, "at": at})


def mark_gone(
    conn: Connection,
    workspace: str,
    *,
    present: Iterable[Node],
    removed: Sequence[Link],
    at: datetime,
) -> int:
    """Mark records that are not ``present`` as gone; return how many."""
    nodes = list(present)
    gone = 0
    for query, kind in (
        (SQL["mark_libraries_gone"], Kind.LIBRARY),
        (SQL["mark_categories_gone"], Kind.CATEGORY),
        (SQL["mark_questions_gone"], Kind.QUESTION),
    ):
        ids = [node.id for node in nodes if node.kind is kind]
        gone += conn.execute(query, {"workspace": workspace, "ids": ids, "at": at}).rowcount
    records = _json(_links(removed, {}))
    for query in (SQL["mark_links_gone"], SQL["mark_question_attachments_gone"]):
        conn.execute(query, {"workspace": workspace, "records": records, "at": at})
    return gone


def _links_in(graph: LibraryGraph) -> list[Link]:
    return sorted(
        Link(owner, target) for (owner, _), targets in graph.links.items() for target in targets
    )


def _libraries(graph: LibraryGraph) -> Iterator[dict[str, Any]]:
    for library_id, library in sorted(graph.libraries.items()):
        yield {
            "library_id": library_id,
            "name": library.name,
            "external": library.is_external(),
            "top_level": Node(Kind.LIBRARY, library_id) in graph.listed,
            "source_types": sorted(library.source_types),
        }


def _categories(graph: LibraryGraph) -> Iterator[dict[str, Any]]:
    for category_id, category in sorted(graph.categories.items()):
        yield {"category_id": category_id, "name": category.name}


def _questions(snapshot: LibrarySnapshot) -> Iterator[dict[str, Any]]:
    links = snapshot.graph.links
    for question_id, question in sorted(snapshot.graph.questions.items()):
        yield {
            "question_id": question_id,
            "subject": question.subject,
            "question": question.question,
            "question_text": searchable_text(question.question),
            "answer": question.answer,
            "answer_text": searchable_text(question.answer),
            "toplist": question_id in snapshot.toplist,
            "images_told": (Node(Kind.QUESTION, question_id), Kind.AREA_ARCHIVE) in links,
        }


def searchable_text(html: str | None) -> str:
    """Return the beginning of a text of the library, which is HTML or plain, without its markup."""
    return text_of_html(html or "", or_plain=True)[:MAX_TEXT_CHARACTERS]


def _links(links: Iterable[Link], files: Mapping[Node, LibraryFile]) -> Iterator[dict[str, Any]]:
    unknown = LibraryFile()
    for owner, target in links:
        file = files.get(target, unknown)
        yield {
            "owner_kind": owner.kind,
            "owner_id": owner.id,
            "target_kind": target.kind,
            "target_id": target.id,
            "name": file.name,
            "content_type": file.content_type,
        }


def _json(records: Iterable[dict[str, Any]]) -> str:
    return orjson.dumps(list(records)).decode()
