from __future__ import annotations

from schemas.cention.library import Kind, LibraryGraph, Link, Node, read_library
from tests.support.library import category, library, listed, question
from workers.mirrors.rules.library_links import removed_links, unconfirmed_relations

LIBRARY, CATEGORY = Node(Kind.LIBRARY, 1), Node(Kind.CATEGORY, 1)
QUESTION, FILE = Node(Kind.QUESTION, 7), Node(Kind.ATTACHMENT, 5)
IMAGE = Node(Kind.AREA_ARCHIVE, 9)


def graph_of(*resources) -> LibraryGraph:
    return read_library(listed(*resources))


def test_a_relation_that_an_existing_owner_omits_is_unconfirmed_and_not_removed():
    graph = graph_of(library(1), question(7))

    assert unconfirmed_relations(graph, {Link(LIBRARY, QUESTION)}) == [(LIBRARY, Kind.QUESTION)]
    assert removed_links(graph, {Link(LIBRARY, QUESTION)}) == []


def test_a_link_that_its_owner_no_longer_lists_is_removed():
    graph = graph_of(library(1, questions=[8]), question(7))

    assert unconfirmed_relations(graph, {Link(LIBRARY, QUESTION)}) == []
    assert removed_links(graph, {Link(LIBRARY, QUESTION)}) == [Link(LIBRARY, QUESTION)]


def test_the_links_of_an_owner_that_is_gone_are_removed_and_not_unconfirmed():
    graph = graph_of(question(7))

    assert unconfirmed_relations(graph, {Link(LIBRARY, QUESTION)}) == []
    assert removed_links(graph, {Link(LIBRARY, QUESTION)}) == [Link(LIBRARY, QUESTION)]


def test_a_link_to_a_record_that_is_gone_is_removed():
    assert removed_links(graph_of(category(1)), {Link(CATEGORY, QUESTION)}) == [
        Link(CATEGORY, QUESTION)
    ]


def test_files_that_no_document_mentions_stay():
    graph = graph_of(question(7))

    assert removed_links(graph, {Link(QUESTION, FILE), Link(QUESTION, IMAGE)}) == []
    assert unconfirmed_relations(graph, {Link(QUESTION, FILE)}) == [(QUESTION, Kind.ATTACHMENT)]


def test_images_are_never_unconfirmed_as_they_follow_from_the_html():
    assert unconfirmed_relations(graph_of(question(7)), {Link(QUESTION, IMAGE)}) == []
