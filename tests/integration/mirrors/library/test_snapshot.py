"""One consistent snapshot: records appear, change, disappear and return."""

from __future__ import annotations

import pytest

from tests.integration.mirrors.library.conftest import Source
from tests.support.library import category, file, library, listed, question, resource
from workers.clients.errors import Busy, IncompleteResponse, NotFound, Unreachable, WrongUrl
from workers.mirrors.jobs.library import refresh_library
from workers.mirrors.store import library as library_store

ARCHIVES = "c3_area_archives"


def outage():
    return IncompleteResponse("failed on the server", api="cention", status=500)


def test_the_whole_library_of_the_sandbox_is_mirrored(bridge, cention, refresh_now):
    for changes in (0, 30, 30, 30):
        if changes:
            cention.control("library/change", {"count": changes})
        expected = cention.control("truth/library")

        while refresh_now().problem:  # an empty kind is confirmed by one more refresh
            pass

        assert stored_questions(bridge) == {
            one["id"]: (
                one["subject"].replace("\0", "\ufffd") or None,
                one["question"] or None,
                one["answer"].replace("\0", "\ufffd") or None,
                one["toplist"],
                sorted(
                    [("library", f["id"]) for f in one["attachments"]]
                    + [("area_archive", f["id"]) for f in one["archives"]]
                ),
            )
            for one in expected["questions"]
        }
        assert stored_containers(bridge) == {
            (kind_of(one["type"]), one["id"]): (
                one["name"],
                sorted([kind_of(type_), number] for type_, number in one["holds"]),
            )
            for one in expected["shelves"]
        }
        assert bridge.rows(
            "SELECT library_id AS id, external, top_level FROM cention.library"
            " WHERE gone_at IS NULL ORDER BY 1"
        ) == sorted(
            (
                {"id": one["id"], "external": one["external"], "top_level": one["top_level"]}
                for one in expected["shelves"]
                if one["type"] == "c3_libraries"
            ),
            key=lambda row: row["id"],
        )


def kind_of(type_):
    return {
        "c3_libraries": "library",
        "c3_library_categories": "category",
        "c3_library_questions": "question",
    }[type_]


def stored_questions(bridge):
    rows = bridge.rows(
        "SELECT question_id, subject, question_html, answer_html, toplist, ARRAY("
        " SELECT ARRAY[kind, attachment_id::text] FROM cention.library_question_attachment AS f"
        " WHERE f.question_id = q.question_id AND f.gone_at IS NULL) AS files"
        " FROM cention.library_question AS q WHERE gone_at IS NULL"
    )
    return {
        row["question_id"]: (
            row["subject"],
            row["question_html"],
            row["answer_html"],
            row["toplist"],
            sorted((kind, int(number)) for kind, number in row["files"] or ()),
        )
        for row in rows
    }


def stored_containers(bridge):
    rows = bridge.rows(
        "SELECT 'library' AS kind, library_id AS id, name FROM cention.library"
        " WHERE gone_at IS NULL UNION ALL SELECT 'category', category_id, name"
        " FROM cention.library_category"
        " WHERE gone_at IS NULL"
    )
    links = bridge.rows("SELECT * FROM cention.library_link WHERE gone_at IS NULL")
    return {
        (row["kind"], row["id"]): (
            row["name"],
            sorted(
                [one["target_kind"], one["target_id"]]
                for one in links
                if (one["owner_kind"], one["owner_id"]) == (row["kind"], row["id"])
            ),
        )
        for row in rows
    }


def test_a_question_that_disappears_is_gone_and_one_that_comes_back_is_not(mirror, source):
    source.questions_document = listed(question(1), question(2))
    mirror.refresh()

    source.questions_document = listed(question(1))
    mirror.refresh()
    assert (mirror.there(), mirror.gone()) == ([1], [2])

    source.questions_document = listed(question(1), question(2))
    mirror.refresh()
    assert (mirror.there(), mirror.gone()) == ([1, 2], [])


def test_what_is_gone_keeps_the_time_at_which_it_disappeared(mirror, source, bridge):
    files = {"attachments": {"data": [{"type": "c3_library_attachments", "id": "5"}]}}
    source.libraries_document = listed(library(1), library(2, questions=[2]))
    source.categories_document = listed(category(1), category(2))
    source.questions_document = listed(question(1), question(2) | {"relationships": files})
    mirror.refresh()
    source.libraries_document = listed(library(1))
    source.categories_document = listed(category(1))
    source.questions_document = listed(question(1))
    gone = {
        table: f"SELECT * FROM cention.{table} WHERE gone_at IS NOT NULL"
        for table in (
            "library",
            "library_category",
            "library_question",
            "library_link",
            "library_question_attachment",
        )
    }
    mirror.refresh()
    before = {table: bridge.rows(query) for table, query in gone.items()}
    assert {table: len(rows) for table, rows in before.items()} == dict.fromkeys(gone, 1)

    mirror.refresh()

    assert {table: bridge.rows(query) for table, query in gone.items()} == before


@pytest.mark.parametrize(
    "document",
    [
        "libraries_document",
        "external_document",
        "categories_document",
        "questions_document",
        "toplist_document",
    ],
)
def test_a_refresh_that_fails_midway_changes_nothing(mirror, source, document):
    source.libraries_document = listed(library(1, questions=[1]))
    source.questions_document = listed(question(1), question(2))
    mirror.refresh()
    source.libraries_document = listed(library(2))
    source.questions_document = listed(question(3))
    setattr(source, document, outage())

    with pytest.raises(IncompleteResponse):
        mirror.refresh()

    assert (mirror.there("library"), mirror.there(), mirror.gone()) == ([1], [1, 2], [])
    assert mirror.links() == [("library", 1, "question", 1)]


def test_a_crash_while_writing_leaves_the_old_snapshot(mirror, source, bridge, monkeypatch):
    source.questions_document = listed(question(1, attachments=[5]))
    mirror.refresh()
    bridge.execute("DELETE FROM intake.wanted")
    source.questions_document = listed(question(2, attachments=[6]))

    def crash(*_: object, **__: object) -> None:
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr(library_store, "mark_gone", crash)
        with pytest.raises(MemoryError):
            mirror.refresh()

    assert (mirror.there(), mirror.gone(), mirror.files()) == ([1], [], [(1, "library", 5)])
    assert bridge.wanted_ids() == []
    mirror.refresh()
    assert (mirror.there(), mirror.gone(), mirror.files()) == ([2], [1], [(2, "library", 6)])


def test_one_unreadable_resource_hides_no_other_and_nothing_is_marked_gone(mirror, source):
    source.questions_document = listed(question(1), question(2))
    mirror.refresh()
    broken = resource("c3_library_questions", 2, subject={"not": "a text"})
    source.questions_document = listed(question(3), broken)

    result = mirror.refresh()

    assert result.problem is not None
    assert result.problem.endswith("/data/1/attributes/subject: must be a text")
    assert (mirror.there(), mirror.gone()) == ([1, 2, 3], [])


def test_an_older_refresh_never_overwrites_a_newer_one(mirror, source, bridge):
    newer = Source(questions_document=listed(question(2)))

    def overtaken():
        refresh_library("demo", newer, lambda step: None, bridge.context.session)
        return listed(question(1, attachments=[5]))

    source.questions_document = overtaken
    refresh_library("demo", source, lambda step: None, bridge.context.session)

    assert (mirror.there(), mirror.gone(), bridge.wanted_ids()) == ([2], [], [])


def test_a_clock_set_back_does_not_make_a_newer_refresh_older(mirror, source, bridge):
    source.questions_document = listed(question(1, answer="old"))
    mirror.refresh()
    bridge.execute("UPDATE cention.library_question SET fetched_at = now() + interval '1 day'")
    source.questions_document = listed(question(2))

    mirror.refresh()

    assert (mirror.there(), mirror.gone()) == ([2], [1])


def test_resources_that_are_only_included_belong_to_the_library(mirror, source, document):
    source.libraries_document = document("libraries")
    source.external_document = listed(document("external_library_3")["data"])

    mirror.refresh()

    assert mirror.there("library") == [3, 4]
    assert mirror.bridge.rows(
        "SELECT library_id, top_level, external, source_types FROM cention.library ORDER BY 1"
    ) == [
        {
            "library_id": 3,
            "top_level": True,
            "external": False,
            "source_types": ["c3_external_libraries", "c3_libraries"],
        },
        {
            "library_id": 4,
            "top_level": False,
            "external": False,
            "source_types": ["c3_libraries"],
        },
    ]
    assert ("category", 3, "library", 4) in mirror.links()


def test_a_relationship_that_no_document_mentions_stays_until_it_is_fetched(mirror, source):
    source.libraries_document = listed(library(1, questions=[7]))
    source.questions_document = listed(question(7))
    mirror.refresh()

    source.libraries_document = listed(library(1))
    source.related["questions_of", 1] = listed(question(7))
    mirror.refresh()
    assert mirror.links() == [("library", 1, "question", 7)]

    source.related["questions_of", 1] = {"data": None}
    mirror.refresh()
    assert mirror.links() == []
    assert source.requested == [("questions_of", 1)] * 2


@pytest.mark.parametrize(
    ("owner", "requested", "single"),
    [
        (library(1, categories=[2]), "library", library(1)),
        (library(1, libraries=[2]), "library", library(1)),
        (category(1, questions=[7]), "category", category(1)),
    ],
)
def test_an_owner_that_is_fetched_defines_which_links_are_removed(
    mirror, source, owner, requested, single
):
    alone = {key: value for key, value in owner.items() if key != "relationships"}
    others = (category(2), library(2), question(7))
    source.libraries_document = listed(owner, *others)
    mirror.refresh()
    assert len(mirror.links()) == 1
    source.libraries_document = listed(alone, *others)
    source.related[requested, 1] = {"data": single}

    mirror.refresh()

    assert source.requested == [(requested, 1)]
    assert mirror.links() == []


@pytest.mark.parametrize(
    "failure",
    [
        NotFound("not found", api="cention", status=404),
        WrongUrl("no such route", api="cention", status=404),
        outage(),
    ],
)
def test_an_owner_that_cannot_be_fetched_keeps_its_links(mirror, source, failure):
    source.libraries_document = listed(library(1, questions=[7]))
    source.questions_document = listed(question(7))
    mirror.refresh()
    source.libraries_document = listed(library(1))
    source.related["questions_of", 1] = failure

    mirror.refresh()

    assert mirror.links() == [("library", 1, "question", 7)]


def test_an_outage_while_an_owner_is_fetched_ends_the_refresh(mirror, source):
    source.libraries_document = listed(library(1, questions=[7]))
    source.questions_document = listed(question(7))
    mirror.refresh()
    source.libraries_document = listed(library(1), library(2))
    source.related["questions_of", 1] = Unreachable("no connection", api="cention")

    with pytest.raises(Unreachable):
        mirror.refresh()

    assert mirror.there("library") == [1]


def test_an_unreadable_answer_of_an_owner_marks_nothing_gone(mirror, source):
    source.libraries_document = listed(library(1, questions=[7]))
    source.questions_document = listed(question(7), question(8))
    mirror.refresh()
    source.libraries_document = listed(library(1))
    source.questions_document = listed(question(7), question(9))
    source.related["questions_of", 1] = {"data": "nonsense"}

    assert "so nothing counts as gone" in mirror.refresh().problem
    assert (mirror.there(), mirror.gone()) == ([7, 8, 9], [])
    assert mirror.links() == [("library", 1, "question", 7)]


@pytest.mark.parametrize("emptied", ["libraries_document", "questions_document"])
def test_a_kind_without_any_record_is_gone_once_the_next_refresh_confirms_it(
    mirror, source, emptied
):
    """An empty answer may be caused by an error at Cention, or by a changed token."""
    source.libraries_document = listed(library(1), library(2))
    source.categories_document = listed(category(3))
    source.questions_document = listed(question(7), question(8))
    mirror.refresh()
    before = (mirror.there("library"), mirror.there())

    setattr(source, emptied, listed())
    first = mirror.refresh()
    assert "any more, which counts once the next refresh confirms it" in first.problem
    assert (mirror.there("library"), mirror.there()) == before

    second = mirror.refresh()
    assert second.problem is None
    assert [] in (mirror.there("library"), mirror.there())
    assert mirror.there("library_category") == [3]


def test_a_kind_that_returns_in_the_next_refresh_was_never_gone(mirror, source):
    full = listed(question(7), question(8))
    source.questions_document = full
    mirror.refresh()
    for questions, problem in ((listed(), True), (full, False), (listed(), True), (full, False)):
        source.questions_document = questions
        assert bool(mirror.refresh().problem) is problem
        assert (mirror.there(), mirror.gone()) == ([7, 8], [])


def test_an_empty_library_is_not_a_problem(mirror):
    assert mirror.refresh().problem is None
    assert mirror.refresh().problem is None


@pytest.mark.parametrize(
    "outage_error",
    [
        Busy("overloaded or unavailable", api="cention", status=503),
        Unreachable("no connection", api="cention"),
    ],
)
def test_an_outage_while_images_are_fetched_loses_nothing_else(mirror, source, outage_error):
    source.questions_document = listed(*(question(n, answer="<img src='a'>") for n in (1, 2, 3)))
    source.related["embedded_archives_of", 1] = listed(file(11, type_=ARCHIVES))
    source.related["embedded_archives_of", 2] = outage_error

    mirror.refresh()

    assert (mirror.there(), mirror.files()) == ([1, 2, 3], [(1, "area_archive", 11)])
    assert [number for _, number in source.requested] == [
        1,
        2,
    ]  # 3 is not requested during an outage
    source.related["embedded_archives_of", 2] = listed(file(22, type_=ARCHIVES))
    mirror.refresh()
    assert [number for _, number in source.requested] == [1, 2, 2, 3]
    assert (2, "area_archive", 22) in mirror.files()


def test_an_owner_that_is_gone_has_no_links(mirror, source):
    source.libraries_document = listed(library(1, questions=[7], categories=[3]))
    source.categories_document = listed(category(3))
    source.questions_document = listed(question(7, attachments=[5]))
    mirror.refresh()

    source.libraries_document = listed()
    source.questions_document = listed()
    for _ in range(2):
        mirror.refresh()

    assert (mirror.links(), mirror.files()) == ([], [])


def test_a_resource_that_is_only_referenced_is_not_gone(mirror, source):
    source.questions_document = listed(question(7))
    mirror.refresh()
    source.questions_document = listed()
    source.libraries_document = listed(library(1, questions=[7]))

    mirror.refresh()

    assert mirror.there() == [7]


def test_an_empty_text_is_null_and_an_omitted_one_stays(mirror, source):
    source.questions_document = listed(question(1, answer="<p>Hello</p>"))
    mirror.refresh()
    silent = resource("c3_library_questions", 1, question="", subject="s")
    source.questions_document = listed(silent)

    mirror.refresh()

    assert mirror.bridge.rows(
        "SELECT subject, question_html, question_text, answer_html, answer_text"
        " FROM cention.library_question"
    ) == [
        {
            "subject": "s",
            "question_html": None,
            "question_text": None,
            "answer_html": "<p>Hello</p>",
            "answer_text": "Hello",
        }
    ]


def test_the_top_list_is_the_one_of_cention(mirror, source):
    source.questions_document = listed(question(1), question(2))
    source.toplist_document = listed(question(2))
    mirror.refresh()

    query = "SELECT question_id FROM cention.library_question WHERE toplist"
    assert mirror.bridge.rows(query) == [{"question_id": 2}]
    source.toplist_document = listed()
    mirror.refresh()
    assert mirror.bridge.rows(query) == []


def test_characters_that_postgres_rejects_are_replaced(mirror, source):
    source.questions_document = listed(question(1, answer="a\0b\ud83dc"))

    mirror.refresh()

    assert mirror.bridge.rows("SELECT answer_html FROM cention.library_question") == [
        {"answer_html": "a\ufffdb\ufffdc"}
    ]


def test_texts_of_any_length_can_be_stored(mirror, source):
    words = " ".join(f"word{number}" for number in range(300_000))
    source.questions_document = listed(
        question(1, answer=words), question(2, answer="x" * 3_000_000)
    )

    mirror.refresh()

    assert mirror.there() == [1, 2]


def test_files_of_a_library_are_named_without_their_content(mirror, source):
    source.questions_document = listed(question(1, attachments=[5]), included=(file(5),))

    mirror.refresh()

    assert mirror.bridge.rows(
        "SELECT kind, attachment_id, name, content_type FROM cention.library_question_attachment"
    ) == [{"kind": "library", "attachment_id": 5, "name": "a.txt", "content_type": "text/plain"}]
