"""``cention library``: refresh, search and show."""

from __future__ import annotations

import json

import psycopg
import pytest

from tests.support.library import listed, question, resource
from workers.config.names import Queue
from workers.database import advisory_locks
from workers.mirrors.jobs.library import refresh_library
from workers.mirrors.store import library_search

HOSTILE = "\x1b[31mred\x07 [bold]not bold[/bold]"


class SampleLibrary:
    """An API client with a library of a few questions."""

    def __init__(self, *questions):
        self.document = listed(*questions)

    def questions(self, *, toplist=False):
        return {"data": None} if toplist else self.document

    def __getattr__(self, _name):
        return lambda *_: {"data": None}


def library_question(number, subject, question, answer, holds=None):
    return resource(
        "c3_library_questions", number, holds, subject=subject, question=question, answer=answer
    )


@pytest.fixture
def store_library(bridge):
    def store_library(*questions, **others):
        source = SampleLibrary(*questions)
        for name, document in others.items():
            setattr(source, name, lambda document=document: document)
        refresh_library("demo", source, lambda step: None, bridge.context.session)

    return store_library


@pytest.fixture
def shop_library(store_library):
    store_library(
        library_question(
            1, "Shoes", "How do I return <b>shoes</b>?", "Send them back within 30 days."
        ),
        library_question(
            2, "Parcel", "Where is it?", "<p>The parcels of Tuesday come with shoes</p>"
        ),
        library_question(
            3, "Invoice &amp; co", "Är den betald?", "<style>shoes {}</style>Nej, obetald."
        ),
    )


def found(terminal, *words):
    return [one["question_id"] for one in terminal.json("library", "search", *words)]


def test_a_refresh_stores_the_library_and_reports_the_number_of_records(terminal, bridge, cention):
    result = terminal.run("library", "refresh")

    expected = cention.control("truth/library")
    count = len(expected["questions"]) + len(expected["shelves"])
    summary = f"{count} libraries, categories and questions of demo are up to date."
    assert result.stdout.splitlines()[-1] == summary
    assert result.stderr.startswith("library: libraries\n")
    assert bridge.one("SELECT count(*) FROM cention.library_question") == len(expected["questions"])
    assert bridge.nudges(Queue.FETCH) == 2


def test_a_refresh_that_fails_says_why_and_changes_nothing(terminal, bridge, cention):
    cention.control("faults", {"error_500": {"probability": 1}})

    result = terminal.run("library", "refresh")

    assert result.exit_code == 1
    assert "Nothing was changed" in result.stderr
    assert "HTTP 500" in result.stderr
    assert bridge.one("SELECT count(*) FROM cention.library") == 0
    assert bridge.one("SELECT error FROM intake.poll WHERE family = 'library'")


def test_a_refresh_that_is_read_only_in_part_says_what_failed(terminal, cention):
    cention.control("faults", {"unreadable": {"probability": 1}})

    result = terminal.run("library", "refresh")

    assert result.exit_code == 1
    assert "nothing counts as gone" in result.stderr


def test_a_refresh_without_a_token_says_what_to_set(terminal, environment):
    environment.setenv("CENTION_TOKEN", "")

    result = terminal.run("library", "refresh")

    assert result.exit_code == 1
    assert "CENTION_TOKEN_LIBRARY" in result.stderr


def test_a_refresh_beside_another_one_does_nothing(terminal, bridge):
    with (
        psycopg.connect(bridge.database, autocommit=True) as other,
        advisory_locks.hold(other, "mirror/demo/library", slots=1),
    ):
        result = terminal.run("library", "refresh")

    assert result.exit_code == 1
    assert "Another process" in result.stderr


def test_a_search_finds_questions_by_their_words_best_first(terminal, shop_library):
    assert found(terminal, "shoes") == [1, 2]


@pytest.mark.parametrize(
    ("phrase", "ids"),
    [
        ("shoe", [1, 2]),  # the beginning of a word
        ("SHOES parcel", [2]),
        ("shoes -parcel", [1]),
        ("invoice or parcel", [2, 3]),
        ('"send them"', [1]),
        ('"them send"', []),
        ("betald", [3]),
        ("style", []),  # HTML tags are not words
        ("co", [2, 3]),
        ("!!!", []),
        ("it's :* & | ( \\ '", []),
    ],
)
def test_a_phrase_of_any_form_is_parsed(terminal, shop_library, phrase, ids):
    assert sorted(found(terminal, phrase)) == ids


def test_a_search_may_be_of_questions_or_of_answers_alone(terminal, shop_library):
    assert found(terminal, "shoes", "--question") == [1]
    assert found(terminal, "shoes", "--answer") == [2]
    assert found(terminal, "obetald", "--question") == []


def test_a_question_found_is_shown_with_its_number_and_library(terminal, shop_library):
    result = terminal.run("library", "search", "shoes")

    assert result.stdout.splitlines()[:2] == [
        "1  Shoes",
        "    return **shoes**? Send them back within 30 days",
    ]
    [first, _] = terminal.json("library", "search", "shoes")
    assert set(first) == {"question_id", "subject", "rank", "toplist", "headline"}


def test_a_question_found_is_shown_with_the_text_around_the_words(terminal, store_library):
    store_library(
        library_question(1, "Shoes", "How?", "Nothing of it. " * 40 + "Put a label on the parcel.")
    )

    [one] = terminal.json("library", "search", "shoes", "parcel")

    assert "label on the **parcel**" in one["headline"]


@pytest.mark.parametrize("phrase", ["spara", "<Spara>"])
def test_text_in_angle_brackets_is_found_and_shown(terminal, store_library, phrase):
    store_library(library_question(1, "Form", "Hur?", "<p>Klicka på &lt;Spara&gt; och vänta</p>"))

    [one] = terminal.json("library", "search", phrase)

    assert "**Spara**" in one["headline"]


def test_a_search_shows_at_most_the_limit(terminal, store_library):
    store_library(*(question(number) for number in range(1, 31)))

    assert len(found(terminal, "hello")) == 20
    assert len(found(terminal, "hello", "--limit", "3")) == 3


def test_a_question_that_is_gone_is_not_found_but_can_still_be_shown(
    terminal, shop_library, store_library
):
    store_library(library_question(2, "Parcel", "Where?", "with shoes"))

    assert found(terminal, "shoes") == [2]
    assert (
        "No longer in Cention (gone since the refresh of"
        in terminal.run("library", "show", "1").stdout
    )


def test_nothing_found_is_not_a_failure(terminal):
    result = terminal.run("library", "search", "anything")

    assert (result.exit_code, result.stdout) == (0, "Nothing found.\n")
    assert terminal.json("library", "search", "anything") == []


def test_a_question_is_shown_as_text_with_its_files_and_categories(terminal, store_library):
    about = {"name": "manual.pdf", "content_type": "application/pdf"}
    store_library(
        library_question(
            4, "Box", "It <i>blinks</i>", "<ol><li>Pull<li>Wait</ol>", {"attachments": [9]}
        ),
        libraries=listed(
            resource("c3_libraries", 1, {"questions": [4]}, name="Telecom"),
            included=(resource("c3_library_attachments", 9, attachment=about),),
        ),
        categories=listed(
            resource("c3_library_categories", 2, {"questions": [4]}, name="Boxes"),
            resource("c3_library_categories", 3, {"questions": [4]}, name="Broadband"),
        ),
    )

    result = terminal.run("library", "show", "4")

    assert result.stdout.splitlines() == [
        "4  Box",
        "Libraries: Telecom",
        "Categories: Boxes, Broadband",
        "",
        "Question",
        "It blinks",
        "",
        "Answer",
        "- Pull",
        "- Wait",
        "",
        "kind     id  name        type             bytes  state",
        "library   9  manual.pdf  application/pdf      -  wanted",
    ]
    as_json = terminal.json("library", "show", "4")
    assert as_json["answer_html"] == "<ol><li>Pull<li>Wait</ol>"
    assert as_json["files"][0]["attachment_id"] == 9
    assert as_json["categories"] == ["Boxes", "Broadband"]


def test_a_question_that_never_existed_is_an_error(terminal):
    result = terminal.run("library", "show", "4")

    assert result.exit_code == 1
    assert "No question 4" in result.stderr


@pytest.mark.parametrize("wrong", ["0", "x", "9223372036854775808"])
def test_an_invalid_number_is_refused(terminal, wrong):
    assert terminal.run("library", "show", wrong).exit_code == 2


def test_control_characters_of_vendors_are_escaped(terminal, store_library):
    store_library(library_question(1, HOSTILE, HOSTILE, HOSTILE))

    shown = (
        terminal.run("library", "show", "1").stdout
        + terminal.run("library", "search", "red").stdout
    )

    assert "\x1b" not in shown
    assert "\\x1b[31m" in shown


def test_a_search_is_by_index(bridge):
    search = "EXPLAIN (FORMAT JSON) " + library_search.SQL["search_questions"]
    with psycopg.connect(bridge.database) as conn:
        conn.execute(
            "INSERT INTO cention.library_question (workspace, question_id, subject, toplist,"
            " images_told, fetched_at) SELECT 'demo', n, 'word' || n, false, true, now()"
            " FROM generate_series(1, 5000) AS n"
        )
        conn.execute("ANALYZE cention.library_question")
        found = {"workspace": "demo", "phrase": "shoes", "where": "ABC", "limit": 20}
        plan = conn.execute(search, found).fetchall()

    assert "library_question_words" in json.dumps(plan)


def test_a_library_without_token_is_reported_by_check(terminal, environment):
    environment.setenv("CENTION_TOKEN", "")
    environment.setenv("CENTION_TOKEN_ERRAND_DATA", "sandbox-token")

    assert "the library is not fetched" in terminal.run("check").stdout
