"""Links to surveys on our pages are mailed, each at most once."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from schemas.surveys.rule import Vendor
from tests.integration.sandbox.sandbox_server import sandbox_server
from tests.integration.surveys.conftest import HOUR, Surveys
from tests.integration.surveys.inviting import DUE, PUBLIC_URL, Inviting, mail_accounts
from workers.surveys.jobs import invite as job
from workers.surveys.rules.link import digest_of, token_of
from workers.surveys.store import person_keys

RULES = """\
[[rule]]
name = "csat"
basis = "existing customers"
event = "answered"
vendor = ["own", "centracx"]
contact = "email"
after = "1h"
within = "7d"
language = "sv"
[rule.survey.own]
page = "after-answer"
[rule.survey.centracx]
id = 2

[[page]]
name = "after-answer"
[[page.question]]
key = "nps"
kind = "nps"
text = { en = "How likely?" }

[theme]
name = "Nordkust"
"""


@pytest.fixture
def inviting(surveys: Surveys) -> Iterator[Inviting]:
    """One rule that is on, with our own page first."""
    surveys.load(RULES, on=("csat",))
    with sandbox_server() as sandbox, ThreadPoolExecutor(job.AT_ONCE) as threads:
        yield Inviting(surveys, sandbox, threads, mail_accounts(sandbox))


def test_an_errand_leads_to_one_mail_with_the_link_that_is_known_here(inviting):
    errand = inviting.surveys.errand(display_id="2256-1")

    inviting.decide_and_invite()
    inviting.decide_and_invite(DUE + HOUR)

    [message] = inviting.messages()
    [row] = inviting.surveys.invitations()
    key = person_keys.read(inviting.surveys.conn, "demo")
    token = token_of(key, row["reference"])
    assert (message["vendor"], message["contact"]) == ("own", f"customer{errand}@example.org")
    assert message["survey"] == "Hur gick det hos Nordkust?"
    assert message["link"] == f"{PUBLIC_URL}/s/{token}"
    assert (row["state"], row["settled_by"]) == ("triggered", "vendor")
    assert row["remote_id"] == message["remote_id"]
    assert row["token_sha256"] == digest_of(token)


def test_the_link_is_known_here_before_the_mail_leaves(inviting):
    inviting.surveys.errand()
    seen = []

    def ask(one, send_until_s):
        seen.extend(inviting.surveys.invitations())
        return inviting_ask(one, send_until_s)

    account = inviting.accounts[Vendor.OWN]
    inviting_ask = account.ask
    inviting.accounts = {Vendor.OWN: type(account)(ask=ask, per_minute=account.per_minute)}
    inviting.decide_and_invite()

    [row] = seen
    [message] = inviting.messages()
    assert (row["state"], row["token_sha256"]) == ("sending", digest_of(message["link"][-22:]))


def test_a_refusal_of_one_survey_goes_to_the_next_with_the_same_link(inviting):
    inviting.surveys.errand()
    inviting.fault("not_found", "mail", times=1)

    inviting.decide_and_invite()

    [message] = inviting.messages()
    [row] = inviting.surveys.invitations()
    assert (message["vendor"], row["vendor"]) == ("centracx", "centracx")
    assert (row["tries"], row["survey"]) == (2, {"id": 2})


@pytest.mark.parametrize(
    ("fault", "state", "sent"),
    [("sent_then_dropped", "unknown", 1), ("dropped", "unknown", 0), ("error_500", "refused", 0)],
)
def test_what_may_have_been_sent_is_never_sent_again(inviting, fault, state, sent):
    inviting.surveys.errand()
    inviting.fault(fault, "mail")

    inviting.decide_and_invite()
    inviting.no_faults()
    inviting.decide_and_invite(DUE + HOUR)

    assert (inviting.states(), len(inviting.messages())) == ([state], sent)


def test_a_mail_of_unknown_outcome_can_be_searched_for_in_the_log_of_the_mail_server(inviting):
    inviting.surveys.errand()
    inviting.fault("sent_then_dropped", "mail")

    inviting.decide_and_invite()

    [message], [problem] = inviting.messages(), inviting.problems()
    assert problem.endswith(f"; its Message-ID is {message['remote_id']}")


def test_a_recipient_who_must_wait_is_written_to_later_and_holds_up_nobody(inviting):
    inviting.surveys.errand()
    inviting.fault("busy", "mail", times=1)
    inviting.decide_and_invite()
    inviting.surveys.errand()

    inviting.decide_and_invite()
    assert inviting.states() == ["due", "triggered"]

    inviting.invite(DUE + HOUR)
    assert inviting.states() == ["triggered", "triggered"]


def test_a_wrong_password_pauses_mail_and_loses_nothing(inviting):
    inviting.surveys.errand()
    good = inviting.accounts
    inviting.accounts = mail_accounts(inviting.sandbox, password="wrong")

    inviting.decide_and_invite()
    [pause] = inviting.surveys.ask("SELECT * FROM feedback.vendor WHERE paused_until IS NOT NULL")
    inviting.accounts = good
    inviting.invite(DUE + HOUR)

    assert pause["vendor"] == "mail"
    assert "wrong" not in pause["reason"]
    assert inviting.states() == ["triggered"]
    assert len(inviting.messages()) == 1


def test_while_mail_is_paused_nobody_is_invited_by_it(inviting):
    inviting.surveys.ask(
        "INSERT INTO feedback.vendor (workspace, vendor, paused_until, reason)"
        " VALUES ('demo', 'mail', %s, 'refused')",
        DUE + 365 * 24 * HOUR,
    )
    errand = inviting.surveys.errand()

    inviting.surveys.decide(DUE + 8 * 24 * HOUR)

    assert inviting.surveys.outcome(errand) == "vendor_off"


def test_no_link_to_a_survey_of_centracx_is_mailed_while_that_refuses_us(inviting):
    inviting.surveys.errand()
    inviting.surveys.decide(DUE)
    inviting.surveys.ask(
        "UPDATE feedback.invitation SET vendor = 'centracx', survey = '{\"id\": 2}'"
    )
    inviting.surveys.ask(
        "INSERT INTO feedback.vendor (workspace, vendor, paused_until, reason)"
        " VALUES ('demo', 'centracx', %s, 'refused')",
        DUE - HOUR,
    )

    inviting.invite(DUE)
    assert inviting.states() == ["due"]

    inviting.surveys.ask("UPDATE feedback.vendor SET paused_until = NULL, reason = NULL")
    inviting.invite(DUE)

    assert inviting.states() == ["triggered"]
