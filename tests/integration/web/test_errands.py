"""Search, one errand, its texts, files and document, and fetching it again."""

from __future__ import annotations

import html
import json
import re

import pytest

from tests.support.databases import run_query
from tests.support.web import HOSTILE, add_errand


def found(page):
    """Return the numbers of the errands that a page lists, in order."""
    return [int(number) for number in re.findall(r'href="/errands/demo/(\d+)"', page)]


@pytest.fixture
def three(database):
    add_errand(database, 1, subject="Where is my parcel", arrived_at="2026-01-01T22:30:00Z")
    add_errand(
        database,
        2,
        display_id="900-1",
        subject="The parcel has arrived",
        from_address="Kim.Other@customer.example",
        arrived_at="2026-01-01T23:30:00Z",
        closed=True,
        area_id=5,
        agent_id=6,
    )
    add_errand(database, 3, subject=None, arrived_at="2026-01-03T10:00:00Z", answered=True)
    for table, number in (("area", 5), ("agent", 6), ("tag", 9)):
        run_query(
            database,
            f"INSERT INTO cention.{table} (workspace, {table}_id, name, fetched_at)"
            " VALUES ('demo', %s, %s, now())",
            number,
            f"The {table}",
        )
    run_query(
        database,
        "INSERT INTO cention.errand_tag VALUES ('demo', 1, 9, now())",
    )


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        ("", [3, 2, 1]),
        ("q=parcel", [2, 1]),
        ("q=PARCEL+arrived", [2]),
        ("q=parcel+-arrived", [1]),
        ("q=900-1", [2]),
        ("q=2", [2]),
        ("q=%23900-1", [2]),
        ("q=kim@customer.example", [3, 1]),
        ("q=KIM.other@customer.example", [2]),
        ("state=open", [1]),
        ("state=closed", [2]),
        ("state=answered", [3]),
        ("area=5", [2]),
        ("agent=6", [2]),
        ("tag=9", [1]),
        ("area=The+area", [2]),
        ("agent=+the++AGENT", [2]),
        ("tag=The+tag+(9)", [1]),
        ("area=The+area&agent=The+agent&tag=The+tag", []),
        ("day=2026-01-02", [2]),  # of Stockholm, where the workspace is
        ("day=2026-01-01", [1]),
        ("q=parcel&state=closed&area=5", [2]),
        ("q=nothing+like+it", []),
        ("q=%00", [3, 2, 1]),
        ("q=%27%3B+DROP+TABLE+x%3B--", []),
    ],
)
def test_errands_are_found_by_number_address_words_and_filters(operator, three, search, expected):
    assert found(operator.text(f"/errands?{search}")) == expected


@pytest.mark.parametrize(
    ("search", "message"),
    [
        ("day=yesterday", "This is no day."),
        ("day=9999-12-31", "This is no day."),
        ("day=0001-01-01", "This is no day."),
        ("area=x", "There is no area “x”."),
        ("area=The+tag", "There is no area “The tag”."),
        ("area=7", "There is no area “7”."),
        ("agent=The+agent+(7)", "There is no agent “The agent (7)”."),
        ("tag=99999999999999999999", "There is no tag “99999999999999999999”."),
        ("tag=%3Cb%3E", "There is no tag “&lt;b&gt;”."),
        ("state=odd", "This is no state."),
        ("after=1.x", "This page cannot be shown."),
        ("after=9223372036854775807.1", "This page cannot be shown."),
    ],
)
def test_what_cannot_be_searched_for_is_said(operator, three, search, message):
    page = operator.text(f"/errands?{search}")

    assert message in page
    assert found(page) == []


def name(database, table, number, text):
    run_query(
        database,
        f"INSERT INTO cention.{table} (workspace, {table}_id, name, fetched_at)"
        " VALUES ('demo', %s, %s, now())",
        number,
        text,
    )


def listed(page, kind):
    """Return the list of a filter, and what is in its control."""
    options = re.search(rf'<datalist id="{kind}-names">(.*?)</datalist>', page, re.DOTALL)[1]
    control = re.search(rf'<input id="{kind}"[^>]* value="([^"]*)"', page)[1]
    shown = [html.unescape(one) for one in re.findall('value="([^"]*)"', options)]
    return shown, html.unescape(control)


def test_a_filter_shows_the_name_of_what_an_address_has_by_its_id(operator, three):
    assert listed(operator.text("/errands?area=5"), "area") == (["The area"], "The area")
    assert listed(operator.text("/errands?area=x"), "area") == (["The area"], "x")
    assert listed(operator.text("/errands"), "area") == (["The area"], "")


def test_several_of_one_name_are_told_apart_by_their_ids(operator, three, database):
    name(database, "area", 6, "the Area")
    page = operator.text("/errands?area=The+area")

    assert "Several areas are called “The area”." in page
    assert found(page) == []
    assert listed(page, "area")[0] == ["The area (5)", "the Area (6)"]
    assert found(operator.text("/errands?area=The+area+(5)")) == [2]
    assert found(operator.text("/errands?area=the+Area+(6)")) == []


def test_a_name_that_reads_like_an_id_is_listed_with_its_own(operator, three, database):
    name(database, "tag", 10, "9")
    name(database, "tag", 11, "Parcel (9)")
    page = operator.text("/errands?tag=9")

    assert listed(page, "tag")[0] == ["9 (10)", "Parcel (9) (11)", "The tag"]
    assert found(page) == [1]  # of the tag with this id
    assert "There is no tag" not in operator.text("/errands?tag=9+(10)")
    assert "There is no tag" not in operator.text("/errands?tag=Parcel+(9)")


def test_of_many_names_500_are_listed_and_every_one_is_found(operator, three, database):
    run_query(
        database,
        "INSERT INTO cention.tag (workspace, tag_id, name, fetched_at)"
        " SELECT 'demo', 1000 + n, 'A tag ' || n, now() FROM generate_series(1, 600) AS n",
    )
    page = operator.text("/errands?tag=the+tag")

    assert len(listed(page, "tag")[0]) == 500
    assert found(page) == [1]
    assert listed(page, "tag")[1] == "The tag (9)"
    assert found(operator.text("/errands?tag=The+tag+(9)")) == [1]


def test_a_name_of_any_length_and_characters_can_be_chosen_from_the_list(operator, database):
    name(database, "area", 5, HOSTILE)
    add_errand(database, 7, area_id=5)
    page = operator.text("/errands")
    [option], _ = listed(page, "area")

    assert len(option) < 120
    assert "<script>document" not in page
    chosen = operator.get("/errands", query_string={"area": option}).get_data(as_text=True)
    assert found(chosen) == [7]
    assert listed(chosen, "area")[1] == option


def test_a_name_that_no_control_can_have_is_listed_with_its_id(operator, database):
    name(database, "agent", 6, " Kim\n\u00a0Karlsson")
    add_errand(database, 7, agent_id=6)

    assert listed(operator.text("/errands"), "agent")[0] == ["Kim Karlsson (6)"]
    assert found(operator.text("/errands?agent=Kim+Karlsson+(6)")) == [7]


def test_fifty_errands_are_on_a_page_and_none_is_left_out_or_shown_twice(operator, database):
    for number in range(1, 121):  # some arrive in the same minute
        minute = number // 3 % 60
        add_errand(database, number, arrived_at=f"2026-01-01T10:{minute:02}:00Z")
    path, pages = "/errands?q=parcel", []
    while path:
        page = operator.text(path)
        pages.append(found(page))
        older = re.search(r'href="(/errands\?[^"]*after=[^"]+)"', page)
        path = older[1].replace("&amp;", "&") if older else ""

    assert [len(page) for page in pages] == [50, 50, 20]
    assert sorted(number for page in pages for number in page) == list(range(1, 121))


def test_the_pages_go_on_before_1970(operator, database):
    for number in range(1, 53):
        add_errand(database, number, arrived_at="1969-07-20T20:17:40.5Z")
    add_errand(database, 60, arrived_at="1968-01-01T00:00:00Z")
    older = re.search(r'href="(/errands\?[^"]*after=[^"]+)"', operator.text("/errands"))

    assert found(operator.text(older[1])) == [2, 1, 60]


@pytest.mark.parametrize("arrived_at", ["9999-12-31T23:30:00Z", "0001-01-01T00:00:00Z"])
def test_an_errand_at_the_end_of_the_calendar_is_shown(operator, database, arrived_at):
    add_errand(database, 7, arrived_at=arrived_at)

    assert found(operator.text("/errands")) == [7]
    assert arrived_at[:4].lstrip("0") in operator.text("/errands/demo/7")


def test_without_errands_the_page_says_where_they_come_from(operator):
    assert "There are no errands yet." in operator.text("/errands")
    assert "No errand fits." in operator.text("/errands?q=word")


def test_an_unknown_workspace_or_errand_is_no_page(operator):
    assert operator.get("/errands?workspace=other").status_code == 404
    assert operator.get("/errands/other/7").status_code == 404
    assert operator.get("/errands/demo/7").status_code == 404
    assert operator.get("/errands/demo/99999999999999999999").status_code == 404


def test_one_errand_has_its_facts_and_what_happened_newest_first(operator, three, database):
    run_query(
        database,
        "INSERT INTO cention.errand_action (workspace, action_id, errand_id, note, origin,"
        " happened_at, fetched_at) VALUES"
        " ('demo', 1, 2, 'Created', 'Olle', '2026-01-01 23:30Z', now()),"
        " ('demo', 2, 2, 'Closed', 'Olle', '2026-01-02 08:00Z', now())",
    )
    page = operator.text("/errands/demo/2")

    assert "The parcel has arrived" in page
    assert "The area" in page
    assert "2026-01-02 00:30:00" in page  # in Stockholm
    assert page.index("Closed</bdi>") < page.index("Created</bdi>")


def test_texts_of_others_are_data(operator, database):
    add_errand(
        database,
        7,
        subject=HOSTILE,
        display_id=HOSTILE,
        from_name=HOSTILE,
        from_address=HOSTILE,
        to_text=HOSTILE,
        answer_body=HOSTILE,
        priority=HOSTILE,
    )
    for path in ("/errands", "/errands/demo/7"):
        page = operator.text(path)
        assert "<script>document" not in page
        assert "<img" not in page
        assert "{{7*7}}" in page
        assert len(page) < 60_000
        assert len(re.search("<title>(.*?)</title>", page, re.S)[1]) < 500


def test_a_message_is_shown_in_a_frame_that_runs_and_fetches_nothing(operator, database):
    add_errand(database, body_html='<script>alert(1)</script><img src="https://evil.example/x">')
    page = operator.text("/errands/demo/7")
    assert re.search(r'<iframe class="mail" sandbox title', page)
    assert "alert(1)" not in page

    body = operator.get("/errands/demo/7/body")

    policy = body.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox; default-src 'none';")
    assert "img-src data:;" in policy
    assert "allow-scripts" not in policy
    assert body.headers["X-Content-Type-Options"] == "nosniff"


@pytest.fixture
def add_file(database):
    def add(name, content_type="text/html", errand_id=7):
        run_query(
            database,
            "INSERT INTO cention.answer (workspace, errand_id, answer_id, response_id, body_text,"
            " received_at, callback_id) VALUES ('demo', %s, 1, 1, 'Hello', now(), 1)"
            " ON CONFLICT DO NOTHING",
            errand_id,
        )
        run_query(
            database,
            "INSERT INTO cention.answer_attachment VALUES ('demo', 1, 'response', 3)",
        )
        run_query(
            database,
            "INSERT INTO cention.blob VALUES (sha256('<script>'), '<script>')",
        )
        run_query(
            database,
            "INSERT INTO cention.attachment (workspace, kind, attachment_id, name, content_type,"
            " size_bytes, sha256, state) VALUES"
            " ('demo', 'response', 3, %s, %s, 8, sha256('<script>'), 'stored')",
            name,
            content_type,
        )

    return add


@pytest.mark.parametrize(
    ("content_type", "served"),
    [
        ("text/html", "application/octet-stream"),
        ("image/svg+xml", "application/octet-stream"),
        ("image/png; x=y", "image/png"),
        (None, "application/octet-stream"),
        ("image/png\r\nX-Evil: 1", "application/octet-stream"),
    ],
)
def test_a_file_is_saved_and_never_shown(operator, database, add_file, content_type, served):
    add_errand(database)
    add_file("report.html", content_type)

    answer = operator.get("/errands/demo/7/files/response/3")

    assert answer.data == b"<script>"
    assert answer.content_type == served
    assert answer.headers["Content-Disposition"] == "attachment; filename=report.html"
    assert "X-Evil" not in answer.headers


def test_a_file_in_every_state_that_it_can_have_is_listed(operator, database, add_file):
    add_errand(database)
    add_file("report.pdf")
    [check] = run_query(
        database,
        "SELECT pg_get_constraintdef(oid) AS text FROM pg_constraint"
        " WHERE conrelid = 'cention.attachment'::regclass AND contype = 'c'"
        " AND pg_get_constraintdef(oid) LIKE '%%stored%%'",
    )
    states = re.findall("'([a-z]+)'", check["text"])
    assert set(states) >= {"wanted", "stored", "gone", "refused", "removed"}
    for state in states:
        run_query(
            database,
            "UPDATE cention.attachment SET state = %s,"
            " sha256 = CASE WHEN %s = 'stored' THEN sha256('<script>') END",
            state,
            state,
        )
        for language in ("en", "sv"):
            page = operator.get("/errands/demo/7", headers={"Accept-Language": language})
            assert page.status_code == 200, state
            assert "report.pdf" in page.get_data(as_text=True)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("../../etc/passwd", "filename=passwd"),
        ("C:\\temp\\räkning.pdf", "r%C3%A4kning.pdf"),
        ("a\u202egnp.exe", "u202egnp.exe"),
        ('x"; filename="y', "attachment; filename="),
        ("..", "filename=file-3"),
        (None, "filename=file-3"),
        ("n" * 5000, "n" * 150),
    ],
)
def test_the_name_of_a_file_is_no_path_and_no_header(operator, database, add_file, name, expected):
    add_errand(database)
    add_file(name)

    disposition = operator.get("/errands/demo/7/files/response/3").headers["Content-Disposition"]

    assert disposition.startswith("attachment; filename")
    assert expected in disposition
    assert "\u202e" not in disposition
    assert len(disposition) < 1000


def test_a_file_of_another_errand_is_not_given(operator, database, add_file):
    add_errand(database, 8)
    add_file("report.pdf", errand_id=7)

    assert operator.get("/errands/demo/8/files/response/3").status_code == 404


def test_the_document_is_shown_as_it_was_fetched_and_as_plain_text(operator, database):
    run_query(
        database,
        "INSERT INTO intake.landed (workspace, family, remote_id, document, fetched_at) VALUES"
        " ('demo', 'errand_reports', 7, %s, now())",
        json.dumps({"a": "<script>"}),
    )
    answer = operator.get("/errands/demo/7/document")

    assert answer.mimetype == "text/plain"
    assert json.loads(answer.data) == {"a": "<script>"}


def test_an_errand_that_is_to_be_fetched_again_is_on_the_list_and_recorded(operator, database):
    add_errand(database)

    answer = operator.post("/errands/demo/7/fetch")

    assert answer.headers["Location"] == "/errands/demo/7"
    [row] = run_query(database, "SELECT family, remote_id FROM intake.wanted")
    assert row == {"family": "errand_reports", "remote_id": 7}
    [act] = run_query(
        database,
        "SELECT person, workspace, object, outcome FROM intake.operator_action"
        " WHERE kind = 'fetch_again'",
    )
    assert act == {
        "person": "olga",
        "workspace": "demo",
        "object": "errand_reports 7",
        "outcome": "done: 1",
    }
    page = operator.text("/errands/demo/7")
    assert "It will be fetched now." in page
    assert "did not accept the message" in page  # the broker of this test is away
    assert "fetch again</td>" in page


def test_that_workers_cannot_be_nudged_is_said_in_the_language_of_the_page(operator, database):
    add_errand(database)
    operator.post("/language", language="sv")
    operator.post("/errands/demo/7/fetch")

    page = operator.text("/errands/demo/7")
    assert "Brokern på 127.0.0.1:1 tog inte emot meddelandet" in page
    assert "did not accept" not in page


def test_nothing_is_done_to_the_rows_of_another_server(operator, database):
    add_errand(database)
    run_query(
        database,
        "INSERT INTO cention.workspace (workspace, timezone, address) VALUES"
        " ('demo', 'UTC', 'other.example/s/demo')",
    )
    answer = operator.post("/errands/demo/7/fetch")

    assert answer.status_code == 409
    assert "another server" in answer.get_data(as_text=True)
    assert run_query(database, "SELECT FROM intake.wanted") == []
