"""What is no more in what, and what nobody told: a copy without a relationship proves nothing."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from schemas.cention.library_graph import Kind, LibraryGraph, Link, Node


def doubtful(graph: LibraryGraph, known: AbstractSet[Link]) -> list[tuple[Node, Kind]]:
    """Return which relations of owners that are there held something, and were told by nobody.

    Cention leaves out a relationship that is empty, and one that it happens not to tell. Images are
    left aside: they follow from the HTML.
    """
    there = graph.named()
    held = {
        (link.owner, link.target.kind)
        for link in known
        if link.owner in there and link.target.kind is not Kind.ARCHIVE
    }
    return sorted(held - graph.links.keys())


def lost(graph: LibraryGraph, known: AbstractSet[Link]) -> list[Link]:
    """Return the links that are no more, if ``graph`` is all there is at Cention.

    One whose owner is gone, whose target is gone, or which its owner told without. What nobody
    told stays as it was.
    """
    there = graph.named()
    return sorted(link for link in known if _is_lost(link, graph, there))


def _is_lost(link: Link, graph: LibraryGraph, there: AbstractSet[Node]) -> bool:
    told = graph.links.get((link.owner, link.target.kind))
    if told is not None:
        return link.target not in told
    is_file = link.target.kind in (Kind.ATTACHMENT, Kind.ARCHIVE)
    return link.owner not in there or (link.target not in there and not is_file)
