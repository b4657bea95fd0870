"""``/s/<token>``: a customer answers our own survey, one question a page."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from receiver.surveys.language import texts_in
from schemas.surveys.questions import LANGUAGES
from tests.integration.receiver.survey_links import (
    PAGES,
    SECOND_TOKEN,
    TOKEN,
    Customer,
    invite,
    load,
    rows,
)
from tests.support.databases import run_query

PATH = f"/s/{TOKEN}"
TABLES = ("invitation", "session", "answer", "opt_out", "decision", "vendor")
AGENTS = ("Mozilla/5.0", "Barracuda Sentinel", "GoogleImageProxy", "curl/8", "")


@pytest.fixture
def invited(database):
    """Somebody with a link to a survey of three questions."""
    load(database)
    invite(database)


@pytest.fixture
def customer(pages, invited):
    return Customer(pages, PATH)


def done(customer):
    """Answer all three questions."""
    return customer.open().send(answer="9").send(answer="2").send(answer="Thanks")


def test_a_survey_is_answered_question_by_question(customer, database, notified):
    customer.open()
    assert customer.title.startswith("Question 1 of 3 ")
    assert customer.title.endswith(" Nordkust")
    assert customer.heading == "How likely are you to recommend us?"

    customer.send(answer="9")
    assert customer.title.startswith("Question 2 of 3 ")

    customer.send(answer="2")
    customer.send(answer="  Nothing.\r\nReally. ")
    assert customer.heading == "Thank you"

    answers = rows(database, "answer")
    assert [(one["question_key"], one["kind"], one["question_text"]) for one in answers] == [
        ("nps", "nps", "How likely are you to recommend us?"),
        ("channel", "choice", "How did you reach us?"),
        ("why", "text", "What could we do better?"),
    ]
    assert [one["number"] for one in answers] == [9, None, None]
    assert (answers[0]["lowest"], answers[0]["highest"]) == (0, 10)
    assert (answers[1]["choice_id"], answers[1]["choice_text"]) == (2, "By phone")
    assert answers[2]["comment"] == "Nothing.\nReally."
    session = rows(database, "session")[0]
    assert (session["state"], session["verified"], session["origin"]) == ("complete", True, "page")
    assert (session["errand_id"], session["rules_version"], session["language"]) == (33, 1, "en")
    assert session["completed_at"] is not None
    assert notified == []


def test_a_thousand_gets_by_any_agent_change_no_row(customer, database):
    before = [rows(database, table) for table in TABLES]

    for number in range(1000):
        path = (PATH, f"{PATH}?a=9", f"{PATH}/stop", f"{PATH}?stop=1&end=1&q=1&answer=9")[
            number % 4
        ]
        method = "HEAD" if number % 5 == 0 else "GET"
        agent = {"User-Agent": AGENTS[number % len(AGENTS)]}
        assert customer.client.open(path, method=method, headers=agent).status_code == 200

    assert [rows(database, table) for table in TABLES] == before


@pytest.mark.parametrize("name", ["a", "answer", "nothing"])
def test_only_a_of_the_link_selects_an_answer_and_it_votes_for_nothing(customer, database, name):
    selected = customer.open(f"?{name}=9").html.xpath("//input[@checked]/@value")

    assert selected == (["9"] if name == "a" else [])
    assert rows(database, "answer") == []


def test_a_score_in_the_link_selects_an_answer_to_the_first_question_alone(customer):
    customer.open("?a=1").send(answer="9")

    assert customer.open("?a=1").html.xpath("//input[@checked]") == []


def test_without_an_answer_the_question_is_asked_again_and_says_what_is_wrong(customer, database):
    customer.open().send()

    assert customer.answer.status_code == 422
    assert customer.title.startswith("Error: Question 1 of 3")
    summary = customer.html.xpath("//*[@role='alert']//a")[0]
    assert summary.text == "Choose an answer"
    assert customer.html.xpath(f"//input[@id='{summary.get('href')[1:]}'][@type='radio']")
    assert rows(database, "session") == []


def test_an_answer_that_is_none_of_the_question_is_not_taken(customer, database):
    for wrong in ("11", "-1", "9.0", "mail", " 9", "٩"):
        assert customer.open().send(answer=wrong).answer.status_code == 422
    assert rows(database, "answer") == []


def test_a_text_that_is_too_long_is_kept_on_the_page_with_the_limit(customer, database):
    customer.open().send(answer="9").send(answer="1").send(answer="å" * 4001)

    assert customer.answer.status_code == 422
    assert "4001 characters" in customer.text
    assert "4000" in customer.text
    assert customer.html.get_element_by_id("answer").text.strip() == "å" * 4001
    assert len(rows(database, "answer")) == 2

    assert customer.send(answer="å" * 4000).heading == "Thank you"


def test_a_text_may_be_left_empty(customer, database):
    customer.open().send(answer="9").send(answer="1").send(answer=" ")

    assert customer.heading == "Thank you"
    assert rows(database, "answer")[2]["comment"] is None
    assert "You left this question empty" not in customer.text


def test_characters_that_cannot_be_stored_are_replaced(customer, database):
    customer.open().send(answer="9").send(answer="1")
    body = b"q=3&answer=a%00b%ED%A0%80c%FFd" + "<b>ø".encode() + b"\xff"

    customer.client.post(PATH, data=body, content_type="application/x-www-form-urlencoded")

    comment = rows(database, "answer")[2]["comment"]
    assert comment.startswith("a\ufffdb")
    assert comment.endswith("d<b>ø\ufffd")


def test_a_double_click_gives_one_answer_and_goes_on(customer, database):
    action, fields = customer.open().filled_in(answer="9")

    with ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(
                lambda _: customer.client.application.test_client().post(PATH, data=fields),
                range(8),
            )
        )

    assert {one.status_code for one in answers} == {303}
    assert len(rows(database, "session")) == len(rows(database, "answer")) == 1
    assert customer.post(action, fields).title.startswith("Question 2 of 3")


def test_two_tabs_that_answer_differently_give_one_answer_and_the_second_is_told(
    customer, pages, database
):
    other = Customer(pages, PATH).open()
    customer.open().send(answer="9")

    other.send(answer="1")

    assert rows(database, "answer")[0]["number"] == 9
    assert "the first answer counts" in other.text
    assert other.html.xpath("//*[@class='answer']")[0].text == "9"
    assert other.follow("Continue").title.startswith("Question 2 of 3")


def test_many_that_answer_differently_at_once_leave_one_answer_to_each_question(customer, database):
    def answer(number):
        tab = Customer(customer.client.application.test_client(), PATH).open()
        for position, value in enumerate((str(number), str(number % 2 + 1), f"text {number}"), 1):
            tab.post(PATH, {"q": str(position), "answer": value})
        return tab

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(answer, range(8)))

    assert len(rows(database, "session")) == 1
    assert [one["position"] for one in rows(database, "answer")] == [1, 2, 3]
    assert rows(database, "session")[0]["state"] == "complete"


def test_a_reload_and_a_late_retry_change_nothing(customer, database):
    action, fields = customer.open().filled_in(answer="9")
    done(customer)
    before = rows(database, "answer"), rows(database, "session")

    assert customer.post(action, fields).heading == "Thank you"
    assert customer.post(action, fields | {"answer": "1"}).heading == "Thank you"
    assert (rows(database, "answer"), rows(database, "session")) == before


def test_back_shows_the_earlier_question_with_the_answer_that_stands(customer):
    customer.open().send(answer="9").send(answer="1").follow("Back")

    assert customer.heading == "How did you reach us?"
    assert customer.html.xpath("//*[@class='answer']")[0].text == "By mail"
    assert "can no longer be changed" in customer.text
    assert customer.follow("Back").heading == "How likely are you to recommend us?"
    assert customer.html.xpath("//*[@class='answer']")[0].text == "9"
    assert customer.follow("Continue").heading == "How did you reach us?"
    assert customer.follow("Continue").heading == "What could we do better?"


@pytest.mark.parametrize("query", ["?q=2", "?q=99", "?q=0", "?q=-1", "?q=x", "?q=", "?q=٣"])
def test_a_question_that_is_not_reached_shows_the_one_that_is_asked(customer, query):
    assert customer.open(query).title.startswith("Question 1 of 3")


@pytest.mark.parametrize("position", ["2", "99", "0", "x", ""])
def test_an_answer_to_a_question_that_is_not_asked_is_not_taken(customer, database, position):
    customer.post(PATH, {"q": position, "answer": "1"})

    assert customer.title.startswith("Question 1 of 3")
    assert rows(database, "session") == []


def test_a_survey_goes_on_where_it_was(customer):
    customer.open().send(answer="9")

    assert customer.open().title.startswith("Question 2 of 3")


def test_whoever_has_answered_is_thanked_again(customer):
    assert done(customer).heading == "Thank you"
    assert customer.open().heading == "Thank you"


@pytest.mark.parametrize("begun", [False, True])
def test_an_expired_survey_takes_no_answer_and_says_so(customer, database, begun):
    action, fields = customer.open().filled_in(answer="9")
    if begun:
        action, fields = customer.send(answer="9").filled_in(answer="1")
    run_query(database, "UPDATE feedback.invitation SET expires_at = now()")

    assert customer.open().heading == "This survey has closed"
    assert customer.post(action, fields).heading == "This survey has closed"
    assert len(rows(database, "answer")) == begun


def test_a_survey_that_was_left_takes_no_answer_after_its_link_has_expired(customer, database):
    customer.open().send(answer="9")
    run_query(database, "UPDATE feedback.session SET state = 'partial'")
    run_query(database, "UPDATE feedback.invitation SET expires_at = now()")

    assert customer.open().heading == "This survey has closed"
    assert customer.post(customer.path, {"q": "2", "answer": "1"}).answer.status_code == 200
    assert len(rows(database, "answer")) == 1


def test_an_invitation_that_was_withdrawn_takes_no_answer(customer, database):
    run_query(database, "UPDATE feedback.invitation SET state = 'withdrawn'")

    assert customer.open().heading == "This survey has closed"


def test_an_answer_settles_an_invitation_of_unknown_outcome(customer, database):
    run_query(database, "UPDATE feedback.invitation SET state = 'unknown', settled_at = NULL")
    customer.open()
    assert rows(database, "invitation")[0]["state"] == "unknown"

    customer.send(answer="9")

    invitation = rows(database, "invitation")[0]
    assert (invitation["state"], invitation["settled_by"]) == ("triggered", "answer")


@pytest.mark.parametrize(
    "path",
    [f"/s/{SECOND_TOKEN}", "/s/x", f"/s/{TOKEN}/", f"/s/{TOKEN}x", "/s/", "/s/a/b/c", "/s/%00"],
)
def test_an_unknown_link_is_not_found_whatever_it_looks_like(pages, invited, database, path):
    known_vendor = f"/s/{'C' * 22}"
    invite(database, token="C" * 22, vendor="digidesk", errand_id=34, person="bo")
    expected, found = Customer(pages, known_vendor).open(), Customer(pages, path).open()

    assert found.answer.status_code == expected.answer.status_code == 404
    assert (found.title, found.text) == (expected.title, expected.text)
    assert pages.post(path, data={"q": "1", "answer": "9"}).status_code == 404
    assert rows(database, "session") == []


@pytest.mark.parametrize("path", ["/survey/alvaria/demo/", "/survey/alvaria", "/survey/x"])
def test_a_chat_at_a_path_that_does_not_exist_is_told_in_plain_words(pages, path):
    found = pages.get(f"{path}?sessionId=dialog-1")

    assert (found.status_code, found.mimetype) == (404, "text/html")
    assert found.headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize("path", [f"//s/{TOKEN}", f"/s//{TOKEN}", "/survey//alvaria/demo", "/s"])
def test_no_path_redirects_to_the_host_that_a_request_names(customer, pages, path):
    found = pages.get(path, headers={"Host": "evil.example"})

    assert found.status_code == 404
    assert "Location" not in found.headers


def test_a_rules_file_that_cannot_be_read_any_more_leaves_the_page_for_later(customer, database):
    run_query(database, "UPDATE feedback.rules_file SET document = %s", '{"page": [{"name": 7}]}')

    with capture_logs() as logged:
        customer.open()

    assert customer.answer.status_code == 503
    assert customer.answer.headers["Retry-After"]
    [entry] = [one for one in logged if one["event"] == "rules file unreadable"]
    assert (entry["workspace"], entry["version"]) == ("demo", 1)
    assert "page[1].name" in entry["places"]


def test_a_question_keeps_the_wording_that_it_had_when_the_survey_was_sent(customer, database):
    load(database, PAGES.replace("How did you reach us?", "Changed?"))

    customer.open().send(answer="9")

    assert customer.heading == "How did you reach us?"
    assert rows(database, "session")[0]["rules_version"] == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_is_in_the_language_of_the_link(customer, language):
    texts = texts_in(language)

    customer.open(f"?lang={language}", **{"Accept-Language": "en"})
    assert customer.html.get("lang") == language
    assert customer.title.startswith(texts("question_of", position=1, count=3))

    customer.send(answer="9").send(answer="1").send(answer="")
    assert customer.html.get("lang") == language
    assert customer.heading == texts("done_title")


@pytest.mark.parametrize(
    ("query", "rule", "accepted", "expected"),
    [
        ("?lang=fi", "sv", "de", "fi"),
        ("?lang=xx", "sv", "de", "sv"),
        ("", "sv", "de", "sv"),
        ("", None, "de-AT, en;q=0.5", "de"),
        ("", None, "fr, no;q=0.9, sv;q=0.8", "nb"),
        ("", None, "fr", "en"),
        ("", None, ";;;,q=,\udcff", "en"),
        ("", None, None, "en"),
    ],
)
def test_the_link_the_rule_and_the_browser_choose_the_language_in_that_order(
    pages, database, query, rule, accepted, expected
):
    load(database)
    invite(database, language=rule)
    headers = {} if accepted is None else {"Accept-Language": accepted}

    assert Customer(pages, PATH).open(query, **headers).html.get("lang") == expected


def test_a_text_in_another_language_than_the_page_says_which(customer, database):
    customer.open("?lang=fi")

    assert customer.html.find(".//h1").get("lang") == "en"
    assert customer.follow("Svenska").html.find(".//h1").get("lang") is None
    assert customer.heading == "Hur troligt är det?"


def test_whoever_chose_a_language_gets_it_again_from_the_bare_link(customer):
    customer.open("?lang=sv").send(answer="9")

    assert customer.open().html.get("lang") == "sv"


def test_pages_may_be_kept_nowhere_load_nothing_and_set_no_cookie(customer):
    for answer in (
        customer.open().answer,
        customer.client.post(PATH, data={}),
        customer.client.get("/s/x"),
    ):
        headers = answer.headers
        policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
        assert policy["default-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
        assert policy["form-action"] == "'self'"
        assert headers["Cache-Control"] == "no-store"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Robots-Tag"] == "noindex"
        assert "Set-Cookie" not in headers
    page = customer.open().answer.text
    assert len(page.encode()) < 20_000
    assert not re.search(r"<script|style=|\son\w+=|https?:|//", page)


def test_sites_of_the_settings_may_show_the_pages_in_a_frame(make_client, make_settings):
    sites = ("https://chat.example.com", "https://*.example.org")
    client = make_client(replace(make_settings(), survey_frame_ancestors=sites))

    policy = client.get("/s/x").headers["Content-Security-Policy"]

    assert policy.endswith("frame-ancestors https://chat.example.com https://*.example.org")


def test_texts_of_the_rules_file_are_shown_as_text(pages, database):
    hostile = "<script>alert(1)</script> &amp; ' \\u202E {braces} %s"
    load(database, PAGES.replace("How likely are you to recommend us?", hostile))
    invite(database)
    customer = Customer(pages, PATH).open()

    assert customer.heading == "<script>alert(1)</script> &amp; ' \u202e {braces} %s"
    assert "<script" not in customer.answer.text


def test_scales_name_their_ends_and_each_step(customer):
    labels = list(customer.open().html.iter("label"))
    fieldset = customer.html.find(".//fieldset")

    assert [one.text_content().strip() for one in labels] == list(map(str, range(11)))
    named = {one.get("value"): one.get("aria-label") for one in fieldset.iter("input")}
    assert (named["0"], named["10"]) == ("0, not at all likely", "10, extremely likely")
    assert set(named.values()) - {named["0"], named["10"]} == {None}
    assert fieldset.find("legend/h1").text == "How likely are you to recommend us?"
    hint = customer.html.get_element_by_id(fieldset.get("aria-describedby"))
    assert hint.text == "From 0, not at all likely, to 10, extremely likely."


@pytest.mark.parametrize(
    ("kind", "labels"),
    [
        ("stars", ["1 of 5", "2 of 5", "3 of 5", "4 of 5", "5 of 5"]),
        ("csat", ["1Very dissatisfied", "5Very satisfied"]),
        ("ces", ["1Very difficult", "7Very easy"]),
    ],
)
def test_other_scales_say_each_step_in_words(pages, database, kind, labels):
    load(database, PAGES.replace('kind = "nps"', f'kind = "{kind}"'))
    invite(database)
    customer = Customer(pages, PATH).open()

    found = [re.sub("[★☆]", "", one.text_content()) for one in customer.html.iter("label")]

    assert (found if kind == "stars" else [found[0], found[-1]]) == labels
    assert customer.send(answer="3").send(answer="1").heading == "What could we do better?"
    answer = rows(database, "answer")[0]
    assert (answer["kind"], answer["number"], answer["lowest"]) == (kind, 3, 1)


def test_pages_are_counted_by_status(customer):
    def counted(status):
        return REGISTRY.get_sample_value("cention_survey_pages_total", {"status": status}) or 0

    before = [counted(status) for status in ("200", "303", "404", "422")]
    customer.open().send().send(answer="9")
    customer.client.get("/s/x")

    after = [counted(status) for status in ("200", "303", "404", "422")]
    assert [new - old for new, old in zip(after, before, strict=True)] == [2, 1, 1, 1]


def test_half_of_an_answer_is_not_saved(pages, invited, database):
    form = "application/x-www-form-urlencoded"
    announced = {"CONTENT_LENGTH": "99"}

    answer = pages.post(PATH, data=b"q=1&answer=9", content_type=form, environ_overrides=announced)

    assert answer.status_code == 400
    assert rows(database, "session") == rows(database, "answer") == []
