"""The sandbox's robots answer surveys on the pages of a receiver in processes of its own."""

from __future__ import annotations

import smtplib
from email.message import EmailMessage
from typing import Any

import pytest

from tests.integration.receiver.survey_links import PAGES, TOKEN, invite, load, rows
from tests.integration.sandbox.sandbox_server import SandboxServer, sandbox_server
from tests.support.eventually import eventually

ONE_QUESTION = """
[[page]]
name = "after-chat"
[[page.question]]
key = "nps"
kind = "nps"
text = { en = "How likely are you to recommend us?" }
[alvaria]
page = "after-chat"
"""


def send_mail(sandbox: SandboxServer, link: str) -> None:
    mail = EmailMessage()
    mail["Message-ID"] = "<own.r-1@nordkust.example>"
    mail["From"], mail["To"] = "surveys@nordkust.example", "ann@customer.example"
    mail.set_content(f"Tell us: {link}\n")
    with smtplib.SMTP("127.0.0.1", sandbox.control("surveys/mail")["port"]) as server:
        server.login("sandbox", "sandbox-survey-password")
        server.send_message(mail)


def visit(sandbox: SandboxServer) -> dict[str, Any]:
    """Return the first visit of a robot that is over."""

    def over() -> list[dict[str, Any]]:
        found = sandbox.control("truth/surveys")["visits"]
        return [one for one in found if one["outcome"] != "under way"]

    return eventually(over)[0]


def answers(database: str) -> list[str]:
    """Return the stored answers as the form had them."""
    members = {"choice": "choice_id", "text": "comment"}
    found = [row[members.get(row["kind"], "number")] for row in rows(database, "answer")]
    return ["" if value is None else str(value) for value in found]


@pytest.mark.parametrize("seed", [7, 8])
def test_a_robot_answers_by_the_link_of_a_mail(serve, database, seed):
    load(database, PAGES)
    invite(database)
    receiver = serve()
    with sandbox_server(survey_url=receiver.url, chats_every_s=0, seed=seed) as sandbox:
        sandbox.control("surveys/robots", {"share": 1, "within_s": 0})
        send_mail(sandbox, f"https://surveys.nordkust.example/s/{TOKEN}")

        found = visit(sandbox)

    assert (found["of"], found["remote_id"]) == ("mail", "<own.r-1@nordkust.example>")
    assert found["outcome"] == "finished"
    assert len(found["answers"]) == 3
    assert answers(database) == [one["answer"] for one in found["answers"]]
    [session] = rows(database, "session")
    assert (session["vendor"], session["state"]) == ("own", "complete")


def test_a_robot_answers_the_page_of_a_chat(serve, database):
    load(database, ONE_QUESTION)
    receiver = serve()
    with sandbox_server(survey_url=receiver.url, errands=1) as sandbox:
        found = visit(sandbox)
        [dialog] = sandbox.control("truth/surveys")["dialogs"]

    assert (found["of"], found["remote_id"]) == ("dialog", dialog["session_id"])
    assert found["outcome"] == "finished"
    [session] = rows(database, "session")
    assert session["remote_id"] == dialog["session_id"]
    assert answers(database) == [one["answer"] for one in found["answers"]]


def test_a_robot_leaves_a_link_that_does_not_exist(serve, database):
    receiver = serve()
    with sandbox_server(survey_url=receiver.url, chats_every_s=0) as sandbox:
        sandbox.control("surveys/robots", {"share": 1, "within_s": 0})
        send_mail(sandbox, f"https://surveys.nordkust.example/s/{TOKEN}")

        assert visit(sandbox)["outcome"] == "HTTP 404"
