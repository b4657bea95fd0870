"""The library, at rest: one picture of it, which each pass over it renews as a whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from psycopg import Connection
from psycopg.rows import class_row, dict_row

from schemas.cention.attachments import AttachmentKind
from schemas.cention.library_graph import Kind, LibraryFile, LibraryGraph, Link, Node
from schemas.text.html_by_regex import text_of
from workers.database import queries

SQL = queries.load(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """One pass over the library of a workspace, from asking to writing."""

    number: int
    began_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """What a pass found out."""

    graph: LibraryGraph
    toplist: AbstractSet[int]  # ids of questions


def begin_pass(conn: Connection[Any], workspace: str) -> Pass:
    """Begin a pass, before Cention is asked anything."""
    with conn.cursor(row_factory=class_row(Pass)) as cursor:
        return cursor.execute(SQL["begin_pass"], {"workspace": workspace}).fetchall()[0]


def take_turn(conn: Connection[Any], workspace: str, this: Pass) -> bool:
    """Wait until no other pass writes; false if a newer one has written already."""
    parameters = {"workspace": workspace, "number": this.number}
    return conn.execute(SQL["take_turn"], parameters).fetchone() is not None


def vanished(
    conn: Connection[Any], workspace: str, there: Iterable[Node]
) -> tuple[frozenset[Kind], frozenset[Kind]]:
    """Return the kinds of which nothing is ``there`` any more, now and as of the last call."""
    kinds_there = sorted({node.kind for node in there})
    parameters = {"workspace": workspace, "kinds_there": kinds_there}
    now, before = conn.execute(SQL["suspect"], parameters).fetchall()[0]
    return frozenset(map(Kind, now)), frozenset(map(Kind, before))


def live_links(conn: Connection[Any], workspace: str) -> frozenset[Link]:
    """Return everything that is in something, as far as is known."""
    found = conn.execute(SQL["live_links"], {"workspace": workspace}).fetchall()
    return frozenset(
        Link(Node(Kind(owner_kind), owner_id), Node(Kind(target_kind), target_id))
        for owner_kind, owner_id, target_kind, target_id in found
    )


def texts_with_known_images(conn: Connection[Any], workspace: str) -> Mapping[int, tuple[str, str]]:
    """Return question and answer, as HTML, of those questions whose images were told."""
    found = conn.execute(SQL["texts_with_known_images"], {"workspace": workspace}).fetchall()
    return {question_id: (question, answer) for question_id, question, answer in found}


def files_to_fetch(
    conn: Connection[Any], workspace: str, graph: LibraryGraph
) -> dict[AttachmentKind, list[int]]:
    """Return the files and images whose contents are not here, or may have changed."""
    parameters = {"workspace": workspace, "records": _json(_links(_told(graph), graph.files))}
    found: dict[AttachmentKind, list[int]] = {}
    with conn.cursor(row_factory=dict_row) as cursor:
        for row in cursor.execute(SQL["files_to_fetch"], parameters):
            found.setdefault(AttachmentKind(row["kind"]), []).append(row["attachment_id"])
    return found


def save(conn: Connection[Any], workspace: str, picture: Picture, *, at: datetime) -> None:
    """Write what is there; what was gone and is there again is gone no more."""
    graph = picture.graph
    links = _json(_links(_told(graph), graph.files))
    questions = _json(_questions(picture))
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
    conn: Connection[Any],
    workspace: str,
    *,
    there: Iterable[Node],
    lost: Sequence[Link],
    at: datetime,
) -> int:
    """Note that Cention has nothing but what is ``there``; return how many things are gone now."""
    named = list(there)
    gone = 0
    for query, kind in (
        (SQL["mark_libraries_gone"], Kind.LIBRARY),
        (SQL["mark_categories_gone"], Kind.CATEGORY),
        (SQL["mark_questions_gone"], Kind.QUESTION),
    ):
        ids = [node.id for node in named if node.kind is kind]
        gone += conn.execute(query, {"workspace": workspace, "ids": ids, "at": at}).rowcount
    records = _json(_links(lost, {}))
    for query in (SQL["mark_links_gone"], SQL["mark_question_attachments_gone"]):
        conn.execute(query, {"workspace": workspace, "records": records, "at": at})
    return gone


def _told(graph: LibraryGraph) -> list[Link]:
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


def _questions(picture: Picture) -> Iterator[dict[str, Any]]:
    for question_id, told in sorted(picture.graph.questions.items()):
        yield {
            "question_id": question_id,
            "subject": told.subject,
            "question": told.question,
            "question_text": text_of(told.question or ""),
            "answer": told.answer,
            "answer_text": text_of(told.answer or ""),
            "toplist": question_id in picture.toplist,
            "images_told": (Node(Kind.QUESTION, question_id), Kind.ARCHIVE) in picture.graph.links,
        }


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
