"""``cention surveys link``: links that an operator hands over."""

from __future__ import annotations

import csv
import io

import psycopg
import pytest

from tests.integration.conftest import context_of
from tests.support.databases import run_query
from tests.support.surveys import brief
from workers.config.settings import load_settings
from workers.surveys.jobs.decide import decide
from workers.surveys.rules.link import digest_of, token_of
from workers.surveys.store import person_keys

PUBLIC_URL = "https://ask.nordkust.example"
PAGES = """
[[page]]
name = "after-answer"
[[page.question]]
key = "nps"
kind = "nps"
text = { en = "How likely?" }
"""
CENTRACX = """
[centracx]
survey = 2
"""


@pytest.fixture
def bridge(terminal, environment, tmp_path, database):
    """A migrated database, rules with a page, and an errand."""
    environment.setenv("SURVEY_PUBLIC_URL", PUBLIC_URL)
    terminal.run("migrate")
    load(terminal, tmp_path, PAGES)
    errand(database, 7)
    return terminal


def load(terminal, tmp_path, tables):
    (tmp_path / "surveys.toml").write_text(brief(tables=tables))
    assert terminal.run("surveys", "rules", "load").exit_code == 0


def errand(database, number, address="anna@example.org", **more):
    row = {
        "workspace": "demo",
        "errand_id": number,
        "answered": True,
        "from_address": address,
        **more,
    }
    run_query(
        database,
        f"INSERT INTO cention.errand ({', '.join(row)}, answered_at, fetched_at)"
        f" VALUES ({', '.join(['%s'] * len(row))}, now() - interval '2 hours', now())",
        *row.values(),
    )


def invitations(database):
    return run_query(database, "SELECT * FROM feedback.invitation")


def with_centracx(environment, terminal, tmp_path):
    for name, value in {"URL": "https://acme.example", "KEY": "k", "SECRET": "s"}.items():
        environment.setenv(f"CENTRACX_{name}", value)
    load(terminal, tmp_path, PAGES + CENTRACX)


def test_a_link_is_printed_and_known_here_and_nobody_is_written_to(bridge, database):
    url = bridge.json("surveys", "link", 7)["url"]

    [row] = invitations(database)
    with psycopg.connect(database) as conn:
        token = token_of(person_keys.read(conn, "demo"), row["reference"])
    assert url == f"{PUBLIC_URL}/s/{token}"
    assert row["token_sha256"] == digest_of(token)
    assert (row["state"], row["settled_by"], row["rule"]) == ("triggered", "link", None)
    assert (row["vendor"], row["survey"]) == ("own", {"page": "after-answer"})
    assert row["contact"] == "anna@example.org"


def test_a_second_call_prints_the_same_link(bridge, database):
    first = bridge.run("surveys", "link", 7).stdout

    assert first.startswith(PUBLIC_URL)
    assert bridge.run("surveys", "link", 7).stdout == first
    assert len(invitations(database)) == 1


def test_with_a_survey_for_links_it_is_one_of_centracx(bridge, database, environment, tmp_path):
    with_centracx(environment, bridge, tmp_path)

    assert bridge.run("surveys", "link", 7).exit_code == 0

    [row] = invitations(database)
    assert (row["vendor"], row["survey"]) == ("centracx", {"id": 2})


def test_the_vendor_can_be_chosen(bridge, database, environment, tmp_path):
    with_centracx(environment, bridge, tmp_path)

    bridge.run("surveys", "link", 7, "--vendor", "own")

    [row] = invitations(database)
    assert row["vendor"] == "own"


def test_without_an_account_there_are_no_links_to_centracx(bridge):
    result = bridge.run("surveys", "link", 7, "--vendor", "centracx")

    assert "set CENTRACX_URL" in result.stderr


def test_a_link_counts_as_an_invitation(bridge, database):
    bridge.run("surveys", "link", 7)
    bridge.run("surveys", "rules", "on", "csat")
    errand(database, 8)

    conditions = bridge.json("surveys", "why", 8)["rules"][0]["conditions"]
    assert [one["name"] for one in conditions if not one["passed"]][-1] == "quiet"
    assert "handed over by an operator" in bridge.run("surveys", "why", 7).stdout
    assert "triggered" in bridge.run("surveys", "invitations").stdout


def test_whoever_has_opted_out_gets_no_link(bridge, database):
    bridge.run("surveys", "opt-out", "add", "ANNA@example.org")

    result = bridge.run("surveys", "link", 7)

    assert (result.exit_code, "has opted out" in result.stderr) == (1, True)
    assert invitations(database) == []


@pytest.mark.parametrize(
    ("address", "more", "told"),
    [
        ("anna@example.org", {"deleted": True}, "is deleted"),
        (None, {}, "no address or mobile number"),
        ("nobody", {}, "no address or mobile number"),
    ],
)
def test_some_errands_get_no_link(bridge, database, address, more, told):
    errand(database, 9, address, **more)

    assert told in bridge.run("surveys", "link", 9).stderr
    assert invitations(database) == []


def test_an_errand_that_is_not_here_says_how_to_fetch_it(bridge):
    assert "cention want 99" in bridge.run("surveys", "link", 99).stderr


def test_an_errand_that_a_vendor_invites_about_gets_no_link_beside_that(bridge, database):
    bridge.run("surveys", "link", 7)
    run_query(
        database, "UPDATE feedback.invitation SET vendor = 'digidesk', rule = 'csat', state = 'due'"
    )

    assert "has an invitation by digidesk already" in bridge.run("surveys", "link", 7).stderr


def test_the_link_of_a_mail_of_unknown_outcome_can_be_handed_over(bridge, database):
    first = bridge.run("surveys", "link", 7).stdout
    run_query(
        database,
        "UPDATE feedback.invitation SET rule = 'csat', rule_version = 1, state = 'unknown',"
        " sent_by = gen_random_uuid(), settled_by = NULL",
    )

    assert bridge.run("surveys", "link", 7).stdout == first


def test_a_survey_that_has_expired_gets_no_new_link(bridge, database):
    bridge.run("surveys", "link", 7)
    run_query(database, "UPDATE feedback.invitation SET expires_at = now()")

    told = bridge.run("surveys", "link", 7).stderr

    assert "The survey about errand 7 has expired." in told


def test_without_rules_it_says_how_to_load_some(terminal, environment, database):
    environment.setenv("SURVEY_PUBLIC_URL", PUBLIC_URL)
    terminal.run("migrate")
    errand(database, 7)

    told = terminal.run("surveys", "link", 7).stderr

    assert "No rules are loaded. To load some: cention surveys rules load FILE" in told


def test_links_to_centracx_need_a_survey_in_the_rules_file(bridge, database, environment, tmp_path):
    with_centracx(environment, bridge, tmp_path)
    load(bridge, tmp_path, PAGES)

    told = bridge.run("surveys", "link", 7, "--vendor", "centracx").stderr

    assert "The rules file names no survey for links: add [centracx] survey = 2" in told
    assert invitations(database) == []


def test_of_several_pages_one_is_chosen_by_its_name(bridge, database, tmp_path):
    load(bridge, tmp_path, PAGES + PAGES.replace("after-answer", "other"))

    unnamed = bridge.run("surveys", "link", 7).stderr
    unknown = bridge.run("surveys", "link", 7, "--page", "third").stderr
    before = invitations(database)
    bridge.run("surveys", "link", 7, "--page", "other")

    assert "The rules file has 2 pages. Choose one with --page NAME." in unnamed
    assert "The rules file has no [[page]] with the name 'third'." in unknown
    assert before == []
    assert [row["survey"] for row in invitations(database)] == [{"page": "other"}]


def test_many_links_are_printed_as_csv_with_what_is_wrong(bridge, database, tmp_path):
    errand(database, 8, None)
    (tmp_path / "errands.csv").write_text("errand,area\n7,Invoices\n8,Invoices\n")

    result = bridge.run("surveys", "link", "--csv", "errands.csv")

    good, bad = csv.DictReader(io.StringIO(result.stdout))
    assert good["url"].startswith(f"{PUBLIC_URL}/s/")
    assert (good["errand"], good["problem"]) == ("7", "")
    assert (bad["errand"], bad["url"]) == ("8", "")
    assert "no address" in bad["problem"]
    assert (result.exit_code, result.stderr.startswith("1 errand without a link")) == (1, True)


def test_without_a_public_address_it_says_what_to_set(bridge, environment):
    environment.delenv("SURVEY_PUBLIC_URL")

    assert "SURVEY_PUBLIC_URL is not set" in bridge.run("surveys", "link", 7).stderr


def test_neither_or_both_of_errand_and_file_is_a_mistake(bridge, tmp_path):
    (tmp_path / "errands.csv").write_text("7\n")

    assert bridge.run("surveys", "link").exit_code == 2
    assert bridge.run("surveys", "link", 7, "--csv", "errands.csv").exit_code == 2


def test_the_deciders_leave_such_an_errand_alone(bridge, database):
    bridge.run("surveys", "link", 7)
    bridge.run("surveys", "rules", "on", "csat")
    run_query(database, "UPDATE feedback.rule SET on_from = now() - interval '1 day'")
    errand(database, 8, "bo@example.org")

    with context_of(load_settings()) as context:
        result = decide(context.survey_workspaces["demo"], session=context.session)

    rows = run_query(database, "SELECT * FROM feedback.decision ORDER BY errand_id")
    assert result is not None
    assert rows[0]["errand_id"] == 7
    assert (rows[0]["verdict"], rows[0]["reason"], rows[0]["rule"]) == ("invite", None, None)
    assert [row["errand_id"] for row in invitations(database)] == [7]


def test_an_errand_that_was_decided_not_to_be_asked_about_gets_a_link_and_one_decision(
    bridge, database
):
    bridge.run("surveys", "rules", "on", "csat")
    run_query(
        database,
        "INSERT INTO feedback.decision (workspace, errand_id, event, event_at, rule, rule_version,"
        " verdict, reason) VALUES ('demo', 7, 'answered', now(), 'csat', 1, 'not', 'sampled_out')",
    )

    assert bridge.run("surveys", "link", 7).exit_code == 0

    [row] = run_query(database, "SELECT * FROM feedback.decision")
    assert (row["verdict"], row["reason"], row["rule"]) == ("invite", None, None)
