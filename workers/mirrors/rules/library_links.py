"""Finds links removed at Cention. A document that omits a relationship does not prove it empty."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from schemas.cention.library_graph import Kind, LibraryGraph, Link, Node


def unconfirmed_relations(graph: LibraryGraph, known: AbstractSet[Link]) -> list[tuple[Node, Kind]]:
    """Return the relations that had members before and that no document mentions now.

    Cention omits empty relationships, and sometimes others. Owners that are gone are left out,
    and so are images: they follow from the HTML.
    """
    present = graph.nodes()
    held = {
        (link.owner, link.target.kind)
        for link in known
        if link.owner in present and link.target.kind is not Kind.AREA_ARCHIVE
    }
    return sorted(held - graph.links.keys())


def removed_links(graph: LibraryGraph, known: AbstractSet[Link]) -> list[Link]:
    """Return the known links that are gone, given that ``graph`` is the whole library.

    A link is gone if its owner or its target is gone, or if its owner lists the relation without
    it. Relations that no document mentions stay as they were.
    """
    present = graph.nodes()
    return sorted(link for link in known if _is_removed(link, graph, present))


def _is_removed(link: Link, graph: LibraryGraph, present: AbstractSet[Node]) -> bool:
    listed = graph.links.get((link.owner, link.target.kind))
    if listed is not None:
        return link.target not in listed
    is_file = link.target.kind in (Kind.ATTACHMENT, Kind.AREA_ARCHIVE)
    return link.owner not in present or (link.target not in present and not is_file)
