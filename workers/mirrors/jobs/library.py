"""The library of Cention, mirrored as one picture: asked for in full, then written at once."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Protocol

import structlog
from psycopg import Connection

from schemas.cention.attachments import AttachmentKind
from schemas.cention.library import read_library, read_related
from schemas.cention.library_graph import Kind, LibraryGraph, Link, Node, merged
from schemas.errors import DocumentError, Fault
from schemas.text.html_by_regex import has_images
from workers.clients.errors import BrokenOff, NoRoute, NotFound, TooLarge, Unintelligible
from workers.config.names import Family, Mirror
from workers.database import Transaction, json_text
from workers.mirrors.jobs.refresh import Brought, MirrorPlan
from workers.mirrors.rules.library_links import doubtful, lost
from workers.mirrors.store import library
from workers.mirrors.store.library import Pass, Picture
from workers.sync.jobs.failure_policy import OUTAGES
from workers.sync.jobs.parsers import FAMILIES
from workers.sync.store import attachments, completeness, wanted

log = structlog.get_logger(__name__)

ASK_FOR_IMAGES_S = 120.0  # in one pass; the rest is asked for in the next
ONE_ALONE = (NotFound, NoRoute, BrokenOff, TooLarge, Unintelligible)  # say nothing of the others

Document = dict[str, Any]
Tell = Callable[[str], object]


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


def library_plan(
    workspace: str, api: LibrarySource, *, every_s: int, tell: Tell = lambda step: None
) -> MirrorPlan:
    """Return how the library of a workspace is renewed; ``tell`` hears of each step."""
    return MirrorPlan(
        workspace=workspace,
        mirror=Mirror.LIBRARY,
        every_s=every_s,
        renew=partial(renew_library, workspace, api, tell),
    )


def renew_library(workspace: str, api: LibrarySource, tell: Tell, session: Transaction) -> Brought:
    """Ask for the whole library, write it in one transaction, and return how much it holds.

    Nothing is written before everything was told. Only a pass in which every resource could be
    read marks what was not seen as gone; one in which some could not writes the others and tells
    that as a problem. So does one that finds nothing any more of a whole kind: that counts once
    the next finds the same. Raises ``ApiError`` if Cention did not tell everything, and
    ``DocumentError`` if a list is none.
    """
    with session() as conn:
        this = library.begin_pass(conn, workspace)
        known_links = library.live_links(conn, workspace)
        known_texts = library.texts_with_known_images(conn, workspace)
    graph, toplist = _lists(api, tell)
    graph = merged((graph, *_asked_again(api, graph, known_links, tell)))
    graph = merged((graph, *_images(api, graph, known_texts, tell)))
    tell("writing")
    with session() as conn, conn.transaction():
        problem = _write(conn, workspace, this, Picture(graph=graph, toplist=toplist))
    records = len(graph.libraries) + len(graph.categories) + len(graph.questions)
    return Brought(records=records, problem=problem)


def _lists(api: LibrarySource, tell: Tell) -> tuple[LibraryGraph, frozenset[int]]:
    """Ask for every list, and which questions are on the top list."""
    graphs = []
    for name, ask in (
        ("libraries", api.libraries),
        ("external libraries", api.external_libraries),
        ("categories", api.categories),
        ("questions", api.questions),
        ("top list", partial(api.questions, toplist=True)),
    ):
        tell(name)
        graphs.append(read_library(_clean(ask())))
    toplist = frozenset(node.id for node in graphs[-1].listed if node.kind is Kind.QUESTION)
    return merged(graphs), toplist


def _asked_again(
    api: LibrarySource, graph: LibraryGraph, known: frozenset[Link], tell: Tell
) -> Iterator[LibraryGraph]:
    """Ask each owner for what it held before and nobody told: is there none, or was it left out?"""
    for owner, kind in doubtful(graph, known):
        tell(f"{kind} of {owner.kind} {owner.id}")
        yield _told_of(api, owner, kind)


def _told_of(api: LibrarySource, owner: Node, kind: Kind) -> LibraryGraph:
    """Ask one owner; if that one cannot be told, all others are, and it stays as it was."""
    try:
        return _related(api, owner, kind)
    except ONE_ALONE as error:
        log.warning("not told", owner=owner.kind, owner_id=owner.id, error=str(error))
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
            told = read_library(_clean(api.library(owner.id)))
        case _:
            told = read_library(_clean(api.category(owner.id)))
    # Asked for by itself, it tells all that it has: what it leaves out is empty.
    links = {(owner, kind): frozenset(), **told.links}
    return told if told.faults else replace(told, links=links)


def _images(
    api: LibrarySource, graph: LibraryGraph, known: Mapping[int, tuple[str, str]], tell: Tell
) -> Iterator[LibraryGraph]:
    """Ask for the images of questions whose HTML is new and may have some.

    If Cention goes away meanwhile, the rest is asked for in the next pass: all else is told.
    """
    ends_at = time.monotonic() + ASK_FOR_IMAGES_S
    for question_id, question in sorted(graph.questions.items()):
        owner = Node(Kind.QUESTION, question_id)
        if known.get(question_id) == (question.question or "", question.answer or ""):
            continue
        if not (has_images(question.question) or has_images(question.answer)):
            yield LibraryGraph(links={(owner, Kind.ARCHIVE): frozenset()})
        elif time.monotonic() < ends_at:
            tell(f"images of question {question_id}")
            try:
                yield _told_of(api, owner, Kind.ARCHIVE)
            except OUTAGES as error:
                log.warning("images not told", question_id=question_id, error=str(error))
                ends_at = float("-inf")


def _write(conn: Connection[Any], workspace: str, this: Pass, picture: Picture) -> str | None:
    """Write a picture; return why nothing counts as gone, if it does not."""
    if not library.take_turn(conn, workspace, this):
        log.warning("a newer picture of the library is written", workspace=workspace)
        return None
    graph = picture.graph
    _want_files(conn, workspace, graph)
    library.save(conn, workspace, picture, at=this.began_at)
    there = graph.named()
    doubt = _unreadable(graph.faults) or _vanished(conn, workspace, there)
    if doubt is None:
        gone = library.mark_gone(
            conn,
            workspace,
            there=there,
            lost=lost(graph, library.live_links(conn, workspace)),
            at=this.began_at,
        )
        log.info("library mirrored", workspace=workspace, gone=gone)
    return doubt


def _unreadable(faults: tuple[Fault, ...]) -> str | None:
    if not faults:
        return None
    return f"not everything could be read, so nothing counts as gone; {DocumentError(*faults)}"


def _vanished(conn: Connection[Any], workspace: str, there: frozenset[Node]) -> str | None:
    """Doubt a pass that is the first to find nothing at all of what there was."""
    now, before = library.vanished(conn, workspace, there)
    if now <= before:
        return None
    kinds = " and no ".join(sorted(now))
    return f"Cention told of no {kinds} any more, which counts once the next pass finds the same"


def _want_files(conn: Connection[Any], workspace: str, graph: LibraryGraph) -> None:
    """Want what is to be fetched: our list before the tables, as drains do."""
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
    return json_text.clean_text(document)[0]
