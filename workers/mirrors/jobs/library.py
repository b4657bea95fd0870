"""The mirror of Cention's library: fetched whole, then written in one transaction."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Protocol

import structlog

from schemas.cention.attachments import AttachmentKind
from schemas.cention.library import read_library, read_related
from schemas.cention.library_graph import Kind, LibraryGraph, Link, Node, merge
from schemas.errors import DocumentError, Fault
from schemas.text.html import has_images
from workers.clients.errors import IncompleteResponse, InvalidResponse, NotFound, TooLarge, WrongUrl
from workers.config.names import Family, Mirror
from workers.database import Connection, Transaction, json_text
from workers.mirrors.jobs.refresh import MirrorSpec, RefreshResult
from workers.mirrors.rules.library_links import removed_links, unconfirmed_relations
from workers.mirrors.store import library
from workers.mirrors.store.library import LibraryRefresh, LibrarySnapshot
from workers.sync.jobs.failure_policy import OUTAGES
from workers.sync.jobs.parsers import FAMILIES
from workers.sync.store import attachments, completeness, wanted

log = structlog.get_logger(__name__)

FETCH_IMAGES_S = 120.0  # per refresh; the next one fetches the rest
ONE_RECORD = (
    NotFound,
    WrongUrl,
    IncompleteResponse,
    TooLarge,
    InvalidResponse,
)  # others may still succeed

Document = dict[str, Any]
OnProgress = Callable[[str], object]


class LibrarySource(Protocol):
    """What the mirror needs of the claim "Access to library"."""

    def libraries(self) -> Document: ...
    def external_libraries(self) -> Document: ...
    def categories(self) -> Document: ...
    def questions(self, *, toplist: bool = False) -> Document: ...
    def library(self, library_id: int) -> Document: ...
    def category(self, category_id: int) -> Document: ...
    def questions_of(self, library_id: int) -> Document: ...
    def attachments_of(self, question_id: int) -> Document: ...
    def embedded_archives_of(self, question_id: int) -> Document: ...


def library_mirror(
    workspace: str, api: LibrarySource, *, every_s: int, on_progress: OnProgress = lambda step: None
) -> MirrorSpec:
    """Return the mirror of a workspace's library; ``on_progress`` is called with each step."""
    return MirrorSpec(
        workspace=workspace,
        mirror=Mirror.LIBRARY,
        every_s=every_s,
        refresh=partial(refresh_library, workspace, api, on_progress),
    )


def refresh_library(
    workspace: str, api: LibrarySource, on_progress: OnProgress, session: Transaction
) -> RefreshResult:
    """Fetch the whole library, then write it in one transaction; return how many records it has.

    Records that were not fetched are marked as gone only if every resource could be read.
    Otherwise the readable ones are written and the rest is reported as a problem. If no record of
    a kind is left, that too is a problem, and counts once the next refresh confirms it. Raises
    ``ApiError`` if a list could not be fetched, and ``DocumentError`` if it is not a list.
    """
    with session() as conn:
        refresh = library.begin_refresh(conn, workspace)
        known_links = library.current_links(conn, workspace)
        known_texts = library.texts_with_known_images(conn, workspace)
    graph, toplist = _lists(api, on_progress)
    graph = merge((graph, *_unconfirmed(api, graph, known_links, on_progress)))
    graph = merge((graph, *_images(api, graph, known_texts, on_progress)))
    on_progress("writing")
    with session() as conn, conn.transaction():
        problem = _write(conn, workspace, refresh, LibrarySnapshot(graph=graph, toplist=toplist))
    records = len(graph.libraries) + len(graph.categories) + len(graph.questions)
    return RefreshResult(records=records, problem=problem)


def _lists(api: LibrarySource, on_progress: OnProgress) -> tuple[LibraryGraph, frozenset[int]]:
    """Fetch every list; return the graph of all, and the ids of the questions on the top list."""
    graphs = []
    for name, fetch in (
        ("libraries", api.libraries),
        ("external libraries", api.external_libraries),
        ("categories", api.categories),
        ("questions", api.questions),
        ("top list", partial(api.questions, toplist=True)),
    ):
        on_progress(name)
        graphs.append(read_library(_clean(fetch())))
    toplist = frozenset(node.id for node in graphs[-1].listed if node.kind is Kind.QUESTION)
    return merge(graphs), toplist


def _unconfirmed(
    api: LibrarySource, graph: LibraryGraph, known: frozenset[Link], on_progress: OnProgress
) -> Iterator[LibraryGraph]:
    """Fetch from each owner the relations that the lists omitted, to tell empty from left out."""
    for owner, kind in unconfirmed_relations(graph, known):
        on_progress(f"{kind} of {owner.kind} {owner.id}")
        yield _fetched_from(api, owner, kind)


def _fetched_from(api: LibrarySource, owner: Node, kind: Kind) -> LibraryGraph:
    """Fetch one relation of one owner; if only this one fails, its stored state stays."""
    try:
        return _related(api, owner, kind)
    except ONE_RECORD as error:
        log.warning(
            "library relation not fetched", owner=owner.kind, owner_id=owner.id, error=str(error)
        )
        return LibraryGraph()
    except DocumentError as error:
        return LibraryGraph(faults=error.faults)


def _related(api: LibrarySource, owner: Node, kind: Kind) -> LibraryGraph:
    match owner.kind, kind:
        case Kind.LIBRARY, Kind.QUESTION:
            return read_related(_clean(api.questions_of(owner.id)), owner, kind)
        case Kind.QUESTION, Kind.ATTACHMENT:
            return read_related(_clean(api.attachments_of(owner.id)), owner, kind)
        case Kind.QUESTION, _:
            return read_related(_clean(api.embedded_archives_of(owner.id)), owner, kind)
        case Kind.LIBRARY, _:
            related = read_library(_clean(api.library(owner.id)))
        case _:
            related = read_library(_clean(api.category(owner.id)))
    # Fetched by itself, an owner lists everything it has: what it omits is empty.
    links = {(owner, kind): frozenset(), **related.links}
    return related if related.faults else replace(related, links=links)


def _images(
    api: LibrarySource,
    graph: LibraryGraph,
    known: Mapping[int, tuple[str, str]],
    on_progress: OnProgress,
) -> Iterator[LibraryGraph]:
    """Fetch the images of questions whose HTML is new and may have some.

    If Cention becomes unavailable meanwhile, the next refresh fetches the rest.
    """
    ends_at = time.monotonic() + FETCH_IMAGES_S
    for question_id, question in sorted(graph.questions.items()):
        owner = Node(Kind.QUESTION, question_id)
        if known.get(question_id) == (question.question or "", question.answer or ""):
            continue
        if not (has_images(question.question) or has_images(question.answer)):
            yield LibraryGraph(links={(owner, Kind.AREA_ARCHIVE): frozenset()})
        elif time.monotonic() < ends_at:
            on_progress(f"images of question {question_id}")
            try:
                yield _fetched_from(api, owner, Kind.AREA_ARCHIVE)
            except OUTAGES as error:
                log.warning("library images not fetched", question_id=question_id, error=str(error))
                ends_at = float("-inf")


def _write(
    conn: Connection, workspace: str, refresh: LibraryRefresh, snapshot: LibrarySnapshot
) -> str | None:
    """Write a snapshot; return why no record was marked as gone, ``None`` if that was done."""
    if not library.lock_for_write(conn, workspace, refresh):
        log.warning("refresh discarded, a newer one was stored", workspace=workspace)
        return None
    graph = snapshot.graph
    _want_files(conn, workspace, graph)
    library.save(conn, workspace, snapshot, at=refresh.began_at)
    present = graph.nodes()
    problem = _unreadable(graph.faults) or _vanished(conn, workspace, present)
    if problem is None:
        gone = library.mark_gone(
            conn,
            workspace,
            present=present,
            removed=removed_links(graph, library.current_links(conn, workspace)),
            at=refresh.began_at,
        )
        log.info("library refreshed", workspace=workspace, gone=gone)
    return problem


def _unreadable(faults: tuple[Fault, ...]) -> str | None:
    if not faults:
        return None
    return f"not everything could be read, so nothing counts as gone; {DocumentError(*faults)}"


def _vanished(conn: Connection, workspace: str, present: frozenset[Node]) -> str | None:
    """Return a problem if this refresh is the first to find no record of some kinds."""
    now, before = library.vanished_kinds(conn, workspace, present)
    if now <= before:
        return None
    kinds = " and no ".join(sorted(now))
    return f"Cention has no {kinds} any more, which counts once the next refresh confirms it"


def _want_files(conn: Connection, workspace: str, graph: LibraryGraph) -> None:
    """Want the files to be fetched; the wanted list before the tables, as drains lock them."""
    found = library.files_to_fetch(conn, workspace, graph)
    kinds: list[tuple[AttachmentKind, Family]] = [
        (kind, family) for kind, family in FAMILIES.items() if kind in found
    ]
    for kind, family in kinds:
        wanted.want(conn, workspace, family, found[kind])
        completeness.record_reported(conn, workspace, family, found[kind])
    for kind, _ in kinds:
        attachments.record_wanted(conn, workspace, kind, found[kind])


def _clean(document: Document) -> Document:
    return json_text.storable(document)[0]
