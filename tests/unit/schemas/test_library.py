"""Documents of the library: a graph that may have cycles, with several copies of a resource."""

from __future__ import annotations

import copy

import pytest

from schemas.cention.library import (
    Kind,
    Library,
    LibraryCategory,
    LibraryFile,
    LibraryQuestion,
    Node,
    merge,
    read_library,
    read_related,
)
from schemas.errors import DocumentError
from tests.support.library import category, file, library, listed, question, resource


def library_node(number):
    return Node(Kind.LIBRARY, number)


def test_libraries_are_in_data_and_in_included(document):
    graph = read_library(document("libraries"))

    assert {number: one.name for number, one in graph.libraries.items()} == {
        3: "cention-org - area-named-second",
        4: "cention-org - test-services-area",
    }
    assert graph.listed == {library_node(3)}
    assert graph.categories == {3: LibraryCategory(name="old_libraries")}
    assert sorted(graph.questions) == [2, 4, 5]
    assert graph.files == {
        Node(Kind.ATTACHMENT, 2020): LibraryFile(name="tst1_1.txt", content_type="text/plain")
    }
    assert graph.faults == ()


def test_relationships_become_links(document):
    links = read_library(document("libraries")).links

    assert {
        (owner.kind.value, owner.id, kind.value): sorted(target.id for target in targets)
        for (owner, kind), targets in links.items()
    } == {
        ("library", 3, "category"): [3],
        ("library", 3, "question"): [2],
        ("library", 4, "question"): [4, 5],
        ("category", 3, "library"): [4],
        ("question", 4, "attachment"): [2020],
    }


def test_an_external_library_is_the_library_of_the_same_number(document):
    graph = read_library(document("external_library_3"))

    assert graph.libraries[3] == Library(
        name="cention-org - area-named-second",
        external=True,
        source_types=frozenset({"c3_libraries", "c3_external_libraries"}),
    )
    assert graph.links[library_node(3), Kind.CATEGORY] == {Node(Kind.CATEGORY, 3)}
    assert graph.links[Node(Kind.CATEGORY, 3), Kind.LIBRARY] == {library_node(3), library_node(4)}


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("libraries", Kind.LIBRARY),
        ("categories", Kind.CATEGORY),
        ("questions", Kind.QUESTION),
    ],
)
def test_an_external_library_contains_libraries_categories_and_questions(name, kind):
    graph = read_library(listed(resource("c3_external_libraries", 3, {name: [7, 8]}, name="x")))

    assert graph.libraries[3].name == "x"
    assert graph.links[library_node(3), kind] == {Node(kind, 7), Node(kind, 8)}


@pytest.mark.parametrize(
    ("resources", "external"),
    [
        ([library(3)], False),
        ([resource("c3_external_libraries", 3, name="x")], True),
        ([resource("c3_libraries", 3, name="x")], None),
        ([resource("c3_external_libraries", 3), resource("c3_libraries", 3, external=True)], True),
    ],
)
def test_without_the_flag_the_type_decides_whether_a_library_is_external(resources, external):
    assert read_library(listed(*resources)).libraries[3].is_external() is external


def test_a_list_of_external_libraries_does_not_define_the_top_level():
    assert read_library(listed(resource("c3_external_libraries", 3))).listed == frozenset()


def test_categories_and_single_questions_are_read_alike(document):
    categories = read_library(document("library_categories"))
    single = read_library(document("library_question_4"))

    assert categories.categories == {2: LibraryCategory(name="greeting")}
    assert categories.questions[5].answer == "ok\n"
    assert single.questions == {
        4: LibraryQuestion(subject="asdadasdas", question="", answer="New answer!")
    }
    assert single.listed == frozenset()


def test_an_empty_question_differs_from_a_missing_one():
    graph = read_library(
        listed(resource("c3_library_questions", 1, question="", answer=None, subject=7))
    )

    assert graph.questions[1] == LibraryQuestion(subject="7", question="", answer=None)


def test_libraries_may_contain_each_other():
    body = listed(
        library(1, categories=[1], libraries=[1]), included=(category(1, libraries=[1, 1]),)
    )

    graph = read_library(body)

    assert graph.faults == ()
    assert graph.links[library_node(1), Kind.LIBRARY] == {library_node(1)}
    assert graph.links[Node(Kind.CATEGORY, 1), Kind.LIBRARY] == {library_node(1)}


@pytest.mark.parametrize(
    ("relationship", "targets"),
    [
        ({"data": []}, frozenset()),
        ({"data": None}, frozenset()),
        ({"data": {"type": "c3_library_questions", "id": "5"}}, {Node(Kind.QUESTION, 5)}),
        ({"data": [{"type": "c3_library_questions", "id": 5}]}, {Node(Kind.QUESTION, 5)}),
        ({"data": [{"type": "c3_other", "id": "5"}]}, frozenset()),
        ({"links": {"self": "x"}}, None),
        (None, None),
    ],
)
def test_a_relationship_without_data_is_unknown_and_an_empty_one_is_none(relationship, targets):
    body = {**library(1), "relationships": {"questions": relationship}}

    assert read_library(listed(body)).links.get((library_node(1), Kind.QUESTION)) == targets


def test_copies_of_a_resource_are_merged_and_none_removes_a_value():
    full = resource("c3_libraries", 3, {"categories": [1], "questions": [2]}, external=True)
    partial = resource("c3_libraries", 3, {"questions": [9]}, name="three")

    graph = merge([read_library(listed(full)), read_library(listed(partial))])

    assert graph.libraries[3] == Library(
        name="three", external=True, source_types=frozenset({"c3_libraries"})
    )
    assert graph.links[library_node(3), Kind.CATEGORY] == {Node(Kind.CATEGORY, 1)}
    assert graph.links[library_node(3), Kind.QUESTION] == {
        Node(Kind.QUESTION, 2),
        Node(Kind.QUESTION, 9),
    }


def test_of_different_copies_the_later_document_wins_and_within_one_its_data():
    old, new = question(1, answer="old"), question(1, answer="new")

    assert read_library(listed(new, included=(old,))).questions[1].answer == "new"
    assert (
        merge([read_library(listed(old)), read_library(listed(new))]).questions[1]
        == (read_library(listed(new)).questions[1])
    )


@pytest.mark.parametrize("document", [{"data": None}, {"data": []}, {"data": [], "included": []}])
def test_a_document_without_resources_is_an_empty_graph(document):
    graph = read_library(document)

    assert (graph.nodes(), graph.faults) == (frozenset(), ())


def test_a_linked_resource_is_a_node_even_if_it_is_not_included():
    assert read_library(listed(library(1, questions=[7]))).nodes() == {
        library_node(1),
        Node(Kind.QUESTION, 7),
    }


@pytest.mark.parametrize(
    ("broken", "fault"),
    [
        (
            resource("c3_libraries", 2, name={"no": "text"}),
            "/data/1/attributes/name: must be a text",
        ),
        ({**library(2), "id": "0"}, "/data/1: must be an id: a whole number from 1 on"),
        ({**library(2), "id": []}, "/data/1/id: must be a text or a number of at most 19 digits"),
        (
            resource("c3_library_attachments", 2, attachment={"name": []}),
            "/data/1/attributes/attachment/name: must be a text",
        ),
        ({**library(2), "relationships": []}, "/data/1/relationships: must be an object"),
        ("no object", "/data/1: must be an object"),
        (library(2, questions=[0]), "/data/1: must be an id: a whole number from 1 on"),
    ],
)
def test_a_malformed_resource_is_omitted_and_reported(broken, fault):
    graph = read_library(listed(library(1), broken))

    assert sorted(graph.libraries) == [1]
    assert [str(fault) for fault in graph.faults] == [fault]


@pytest.mark.parametrize(
    ("document", "fault"),
    [
        ({}, "/data: is missing"),
        ({"data": "text"}, "/data: must be an object or a list"),
        ({"data": None, "errors": [{}]}, "/errors: reports an error instead of a resource"),
        ({"data": [], "included": {}}, "/included: must be a list"),
    ],
)
def test_a_document_of_a_wrong_shape_is_refused(document, fault):
    with pytest.raises(DocumentError) as refusal:
        read_library(document)

    assert str(refusal.value) == fault


def test_types_that_do_not_belong_to_the_library_are_ignored():
    assert read_library(listed({"type": "c3_new_things", "id": "x"})).nodes() == frozenset()


def test_reading_does_not_change_the_document(document):
    body = document("libraries")
    before = copy.deepcopy(body)

    read_library(body)

    assert body == before


def test_a_list_of_related_resources_is_complete():
    owner = library_node(3)

    graph = read_related(listed(question(1), question(2)), owner, Kind.QUESTION)
    none = read_related({"data": None}, owner, Kind.QUESTION)

    assert graph.links[owner, Kind.QUESTION] == {Node(Kind.QUESTION, 1), Node(Kind.QUESTION, 2)}
    assert none.links[owner, Kind.QUESTION] == frozenset()


def test_a_list_that_could_not_be_read_in_full_defines_no_links_of_its_owner():
    graph = read_related(listed(file(1), "broken"), Node(Kind.QUESTION, 4), Kind.ATTACHMENT)

    assert (Node(Kind.QUESTION, 4), Kind.ATTACHMENT) not in graph.links
    assert graph.faults


def test_a_library_may_have_more_resources_than_other_documents():
    numbers = list(range(1, 6001))
    body = listed(
        library(1, questions=numbers), included=tuple(question(n, attachments=[n]) for n in numbers)
    )

    assert len(read_library(body).questions) == 6000
