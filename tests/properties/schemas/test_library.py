"""The graph of a library does not depend on how documents split, order and repeat it."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from schemas.cention.library import LibraryGraph, merge, read_library
from tests.support.library import resource

NUMBERS = st.integers(1, 5)
TARGETS = st.lists(NUMBERS, max_size=4)
CONTAINERS = ("libraries", "categories", "questions")


def resources(type_: str, relations: tuple[str, ...], attributes: tuple[str, ...]) -> Any:
    return st.builds(
        lambda number, links, values: (type_, number, links, values),
        NUMBERS,
        st.dictionaries(st.sampled_from(relations), TARGETS),
        st.fixed_dictionaries({name: st.text(max_size=5) for name in attributes}),
    )


ONE = (
    resources("c3_libraries", CONTAINERS, ("name",))
    | resources("c3_external_libraries", CONTAINERS, ("name",))
    | resources("c3_library_categories", CONTAINERS, ("name",))
    | resources(
        "c3_library_questions",
        ("attachments", "embedded_archives"),
        ("subject", "question", "answer"),
    )
)
LIBRARY = st.lists(ONE, max_size=12, unique_by=lambda one: (one[0][-9:], one[1]))


def whole(library: list[Any]) -> LibraryGraph:
    return read_library({"data": [resource(*one[:3], **one[3]) for one in library]})


@st.composite
def libraries_and_documents(draw: st.DrawFn) -> tuple[list[Any], list[Any]]:
    """A library, and documents that contain each of its facts at least once."""
    library = draw(LIBRARY)
    facts: list[Any] = []
    for type_, number, links, values in library:
        facts += [
            (type_, number, {name: draw(st.permutations(targets))}, {})
            for name, targets in links.items()
        ]
        facts += [(type_, number, None, {name: value}) for name, value in values.items()]
        facts += [(type_, number, None, {})]
    copies = draw(st.permutations(facts + draw(st.lists(st.sampled_from(facts))) if facts else []))
    documents: list[Any] = [{"data": []} for _ in range(draw(st.integers(1, 4)))]
    for type_, number, links, values in copies:
        document = draw(st.sampled_from(documents))
        member = draw(st.sampled_from(("data", "included")))
        document.setdefault(member, []).append(resource(type_, number, links, **values))
    return library, documents


@given(libraries_and_documents())
def test_any_split_shuffle_and_partial_copy_of_a_library_gives_the_same_graph(example):
    library, documents = example

    merged = merge(map(read_library, documents))

    expected = whole(library)
    assert merged.faults == expected.faults == ()
    assert (merged.libraries, merged.categories) == (expected.libraries, expected.categories)
    assert (merged.questions, merged.files) == (expected.questions, expected.files)
    assert merged.links == expected.links
    assert merged.nodes() == expected.nodes()


@given(LIBRARY)
def test_a_graph_merged_with_itself_is_the_same_graph(library):
    graph = whole(library)

    assert merge([graph, graph]) == graph
