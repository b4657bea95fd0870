"""Customers answer surveys whose vendor is asked by a worker, and follow a link in a mail."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.integration.surveys.conftest import surveys_in
from tests.support.databases import database_copy, run_query
from tests.support.eventually import eventually
from tests.system.survey_site import SURVEYS, survey_site
from tests.system.survey_vendors import survey_vendors
from workers.config.names import TaskName

RULE = """\
[[rule]]
name = "mailed"
basis = "existing customers"
event = "answered"
vendor = "own"
contact = "email"
after = "1h"
within = "7d"
language = "de"
[rule.survey.own]
page = "everything"

"""


@pytest.fixture(scope="module")
def site(postgres, template, valkey):
    """The survey pages on a database of their own, where a worker may do its work."""
    with (
        database_copy(postgres, template) as database,
        tempfile.TemporaryDirectory(prefix="cention-tests-") as folder,
        survey_site(database, valkey.url, Path(folder)) as running,
    ):
        yield running


@pytest.fixture(scope="module")
def vendors(site, valkey):
    with (
        tempfile.TemporaryDirectory(prefix="cention-tests-") as folder,
        survey_vendors(site, valkey.url, Path(folder)) as running,
    ):
        yield running


def heading(page):
    return page.get_by_role("heading", level=1)


def test_centracx_is_answered_question_by_question_and_the_page_refreshes_itself(
    site, vendors, page
):
    link = site.invite(centracx=2)
    page.goto(f"{link.url}?lang=en")
    page.get_by_role("button", name="Start the survey").click()
    expect(heading(page)).to_contain_text("You recently switched your fund")
    page.get_by_label("Higher returns").check()
    page.get_by_role("button", name="Next").click()
    expect(heading(page)).to_have_text("How likely are you to recommend us?")
    page.get_by_role("radio", name="9", exact=True).check()
    page.get_by_role("button", name="Next").click()
    expect(heading(page)).to_have_text("What could we do better?")
    page.get_by_role("textbox").fill("Nothing 👍")
    page.locator("form button").first.click()
    expect(heading(page)).to_have_text("Thank you")

    [session] = vendors.truth("sessions")
    assert session["status"] == "Complete"
    assert [one.get("answer", one.get("feedback")) for one in session["replies"]] == [
        *("Higher returns", "9", "Nothing 👍")
    ]
    answers = site.answers(link)
    assert [one["choice_text"] or one["comment"] for one in answers] == [
        *("Higher returns", "9", "Nothing 👍")
    ]
    assert {one["forwarded"] for one in answers} == {"taken"}
    assert site.session(link)["state"] == "complete"


def test_a_chat_of_alvaria_is_answered_and_its_script_gets_the_outcome(site, vendors, page):
    errand_id = vendors.sandbox.new_errand()
    dialog = vendors.dialog(errand_id)
    page.goto(f"{site.chat(dialog)}&lang=en")
    expect(page).to_have_title("Question 1 of 2 \N{EN DASH} Nordkust")
    page.get_by_role("radio", name="8", exact=True).check()
    page.get_by_role("button", name="Next").click()
    expect(heading(page)).to_have_text("Did we answer your question?")
    page.get_by_label("Yes").check()
    page.get_by_role("button", name="Send").click()
    expect(heading(page)).to_have_text("Thank you")

    [known] = eventually(
        lambda: [one for one in vendors.truth("dialogs") if one["outcomes"]], within_s=10
    )
    assert known["session_id"] == dialog
    [row] = run_query(site.database, "SELECT * FROM feedback.session WHERE remote_id = %s", dialog)
    assert (row["state"], row["verified"], row["errand_id"]) == ("complete", True, errand_id)


def test_a_chat_that_has_ended_says_so_and_keeps_the_answer(site, vendors, page):
    dialog = vendors.dialog(vendors.sandbox.new_errand())
    vendors.end(dialog)
    page.goto(f"{site.chat(dialog)}&lang=en")
    page.get_by_role("radio", name="3", exact=True).check()
    page.get_by_role("button", name="Next").click()

    expect(heading(page)).to_have_text("The chat has ended")
    [answer] = run_query(
        site.database,
        "SELECT number FROM feedback.answer JOIN feedback.session USING (session_id)"
        " WHERE remote_id = %s",
        dialog,
    )
    assert answer["number"] == 3


def test_an_errand_leads_to_a_mail_whose_link_is_answered(site, vendors, page):
    with surveys_in(site.database) as surveys:
        surveys.load(RULE + SURVEYS.read_text("utf-8"), on=("mailed",))
        errand = surveys.errand(errand_id=990)
        surveys.ask(
            "UPDATE feedback.rule SET on_from = now() - interval '1 day' WHERE name = 'mailed'"
        )
        surveys.ask(
            "UPDATE cention.errand SET answered_at = now() - interval '2 hours',"
            " fetched_at = now() WHERE errand_id = %s",
            errand,
        )
    vendors.nudge(TaskName.SURVEY_DECIDE)
    [message] = eventually(lambda: vendors.truth("messages"), within_s=20)
    page.goto(f"{message['link']}?a=9")
    expect(page.locator("html")).to_have_attribute("lang", "de")
    page.get_by_role("button", name="Weiter").click()
    expect(page).to_have_title("Frage 2 von 6 \N{EN DASH} Nordkust")

    [row] = run_query(
        site.database,
        "SELECT number FROM feedback.answer JOIN feedback.session USING (session_id)"
        " WHERE errand_id = %s",
        errand,
    )
    assert row["number"] == 9
