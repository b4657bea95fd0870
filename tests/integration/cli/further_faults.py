"""Faults of outbound requests, surveys, mirrors, past data and the surroundings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from receiver.spool import Spool
from tests.integration.conftest import context_of
from tests.integration.receiver.receiver_process import serving
from tests.support.receiver_app import new_callback
from tests.support.surveys import brief
from workers.analytics.jobs.recompute import recompute
from workers.config.settings import load_settings
from workers.operations.store import status
from workers.surveys.jobs.decide import decide
from workers.surveys.jobs.invite import invite

OWN_PAGE = (
    brief()
    .replace('["digidesk", "customer_radar"]', '"own"')
    .partition("[rule.survey.digidesk]")[0]
    + """
[rule.survey.own]
page = "after-answer"
[[page]]
name = "after-answer"
[[page.question]]
key = "nps"
kind = "nps"
text = { en = "How likely?" }
"""
)
CREATE = ("errands", "create", "--from", "a@b.example", "--subject", "Hello")


def it_is_not_known_whether_an_errand_was_created(command_context: Any) -> None:
    command_context.cention.control(
        "faults", {"error_500": {"types": ["c3_new_errands"], "times": 1}}
    )
    assert "It is not known" in command_context.terminal.run(*CREATE).stderr
    assert 'a@b.example "Hello"' in command_context.run().stdout
    [one] = command_context.terminal.json("errands", "unknown")
    command_context.terminal.run("errands", "unknown", "missing", one["sent_id"], "--yes")
    assert "created" in command_context.terminal.run(*CREATE).stdout


def figures_are_behind(command_context: Any) -> None:
    command_context.fetch_errands(1)
    command_context.bridge.rows(
        "UPDATE intake.metrics_due SET marked_at = now() - interval '10 minutes'"
    )
    assert "the oldest change has waited for 10m" in command_context.status()
    assert "database: PostgreSQL" in command_context.run().stdout
    _compute_figures()
    assert "oldest change has waited" not in command_context.status()


def figures_of_errands_cannot_be_computed(command_context: Any) -> None:
    command_context.fetch_errands(1)
    command_context.bridge.rows(
        "INSERT INTO cention.errand_action"
        " SELECT workspace, 9, errand_id, 'Errand 1 was closed by agent X.', 'X', '20000-01-01',"
        " now() FROM cention.errand"
    )
    _compute_figures()
    assert "those of 1 errand could not be computed" in command_context.status()
    listed = command_context.terminal.run("metrics", "problems")
    assert "cannot be computed: DataError" in listed.stdout
    command_context.bridge.rows("UPDATE cention.errand_action SET happened_at = now()")
    command_context.bridge.rows("DELETE FROM intake.metrics_due")
    assert command_context.run().stdout == "The workers compute the figures of 1 errand again.\n"
    _compute_figures()
    assert "could not be computed" not in command_context.status()


def it_is_not_known_whether_a_report_was_sent(command_context: Any) -> None:
    command_context.bridge.execute(
        "INSERT INTO intake.report_sent (workspace, week, state, due_at, sent_at, problem) VALUES"
        " ('demo', '2024-01-29', 'unknown', now(), now(), 'the connection ended')"
    )
    assert "it is not known whether it was sent" in command_context.status()
    shown = command_context.run().stdout
    assert "2024-W05" in shown
    assert "the connection ended" in shown
    command_context.terminal.run("report", "unknown", "done", "2024-W05", "--yes")
    assert "2024-W05" not in command_context.run().stdout


def an_import_stopped(command_context: Any) -> None:
    Path("mailbox.mbox").write_bytes(b"From x\nFrom: a@b.example\nSubject: Hello\n\nhello\n")
    with command_context.environment.context() as wrong:
        wrong.setenv("CENTION_TOKEN_CREATE_ERRAND", "wrong")
        assert "Stopped: " in command_context.run().stderr
    assert command_context.run().stdout == "1 errand created.\n"


def a_mail_of_an_import_has_different_content(command_context: Any) -> None:
    mail = b"From x\nFrom: a@b.example\nMessage-ID: <1@b.example>\nSubject: %s\n\nhello\n"
    command_context.bridge.execute("ALTER SEQUENCE cention.sent_id RESTART WITH 17")
    for subject in (b"read wrongly", b"right"):
        Path("mailbox.mbox").write_bytes(mail % subject)
        said = command_context.terminal.run("errands", "import", "mailbox.mbox").stderr
    assert "has the same message id as request 17, but different content; not sent" in said
    assert command_context.run().stdout == "1 errand created.\n"


def a_mirror_is_not_refreshed(command_context: Any) -> None:
    with command_context.environment.context() as wrong:
        wrong.setenv("CENTION_TOKEN_LOGIO", "wrong")
        assert "refused" in command_context.run().stdout
    assert "refused" not in command_context.run().stdout


def the_library_is_not_refreshed(command_context: Any) -> None:
    command_context.cention.control(
        "faults", {"error_500": {"types": ["c3_libraries"], "times": 1}}
    )
    assert "Nothing was changed" in command_context.run().stderr
    assert "are up to date" in command_context.run().stdout


def exports_have_stopped(command_context: Any) -> None:
    command_context.terminal.run("exports", "run", "7")
    assert "no such export" in command_context.run().stdout


def rows_of_the_log_cannot_be_read(command_context: Any) -> None:
    command_context.bridge.rows(
        "INSERT INTO intake.odd_logon"
        " (workspace, row_sha256, row, problem, first_seen_at, last_seen_at)"
        " VALUES ('demo', sha256('x'), '[\"joe\"]', '1 column instead of 4', now(), now())"
    )
    assert "1 column instead of 4" in command_context.run().stdout


def log_ons_of_a_period_are_missing(command_context: Any) -> None:
    assert command_context.run().exit_code == 0


def errands_of_the_past_are_missing(command_context: Any) -> None:
    assert command_context.run().exit_code == 0
    assert command_context.run().stdout.startswith("All of these days are done.")


def errands_are_to_be_marked_as_changed(command_context: Any) -> None:
    assert command_context.run().stdout == "5,000 errands marked as changed at Cention.\n"


def _compute_figures() -> None:
    with context_of(load_settings()) as context:
        recompute(context.session)


def _invite(command_context: Any) -> None:
    """Write an errand that was answered two hours ago; decide and invite as workers do."""
    command_context.bridge.rows(
        "INSERT INTO cention.errand (workspace, errand_id, answered, closed, answered_at,"
        " from_address, fetched_at) SELECT 'demo', coalesce(max(errand_id), 0) + 1, true, true,"
        " now() - interval '2 hours', 'a' || coalesce(max(errand_id), 0) || '@b.example', now()"
        " FROM cention.errand"
    )
    with context_of(load_settings()) as context:
        decide(context.survey_workspaces["demo"], session=context.session)
        invite(
            context.survey_workspaces["demo"],
            context.survey_accounts["demo"],
            session=context.session,
            threads=context.inviters,
        )


def _surveys(command_context: Any) -> None:
    """Set an account at DigiDesk, and load a rule that is on since yesterday."""
    environment, root = command_context.environment, command_context.cention.root
    environment.setenv("DIGIDESK_URL", f"{root}/digidesk/api/survey_requests/")
    environment.setenv("DIGIDESK_USER", "sandbox")
    environment.setenv("DIGIDESK_PASSWORD", "sandbox-survey-password")
    Path("surveys.toml").write_text(brief())
    command_context.terminal.run("surveys", "rules", "load")
    command_context.terminal.run("surveys", "rules", "on", "csat")
    command_context.bridge.rows("UPDATE feedback.rule SET on_from = now() - interval '1 day'")


def _messages(command_context: Any) -> int:
    return len(command_context.cention.control("truth/surveys")["messages"])


def a_survey_vendor_refuses_us(command_context: Any) -> None:
    _surveys(command_context)
    with command_context.environment.context() as wrong:
        wrong.setenv("DIGIDESK_PASSWORD", "wrong")
        _invite(command_context)
    assert "digidesk is paused, because it refuses us" in command_context.status()
    assert "HTTP 401" in command_context.run().stdout
    command_context.bridge.rows("UPDATE feedback.vendor SET paused_until = now()")
    _invite(command_context)
    assert "not paused" in command_context.run().stdout
    assert "is paused" not in command_context.status()


def it_is_not_known_whether_a_customer_was_invited(command_context: Any) -> None:
    _surveys(command_context)
    fault = {"types": ["digidesk.survey_requests"], "times": 1}
    command_context.cention.control("faults", {"error_500": fault})
    _invite(command_context)
    assert "it is not known whether 1 invitation went out" in command_context.status()
    assert "a0@b.example" in command_context.run().stdout
    [one] = command_context.terminal.json("surveys", "unknown")
    command_context.terminal.run("surveys", "unknown", "done", one["invitation_id"], "--yes")
    assert command_context.run().stdout == "Nothing is unknown.\n"


def nobody_is_invited(command_context: Any) -> None:
    _surveys(command_context)
    command_context.terminal.run("surveys", "hold", "--reason", "a test")
    _invite(command_context)
    assert "held, nobody is invited (a test)" in command_context.status()
    assert "a test" in command_context.run().stdout
    command_context.terminal.run("surveys", "resume")
    _invite(command_context)
    assert _messages(command_context) == 2


def too_many_are_invited(command_context: Any) -> None:
    _surveys(command_context)
    _invite(command_context)
    assert _messages(command_context) == 1
    assert command_context.run().stdout == "Surveys of demo are held.\n"
    _invite(command_context)
    assert _messages(command_context) == 1


def answers_match_nothing(command_context: Any) -> None:
    _surveys(command_context)
    _invite(command_context)
    [invited] = command_context.terminal.json("surveys", "invitations")
    Path("export.csv").write_text(f"Customer,Invitation,Score\nAnna,{invited['reference']},9\n")
    take = (
        "surveys",
        "import",
        "export.csv",
        "--vendor",
        "digidesk",
        "--map",
        "Score=nps",
        "--map",
    )
    assert "1 unmatched" in command_context.terminal.run(*take, "Customer=reference").stdout
    assert "1 row of results belongs to no invitation" in command_context.status()
    assert "Anna" in command_context.run().stdout
    assert command_context.terminal.run(*take, "Invitation=reference").stdout == "1 row: 1 new.\n"


def a_survey_cannot_go_on(command_context: Any) -> None:
    _surveys(command_context)
    command_context.bridge.rows(
        "INSERT INTO feedback.session (workspace, vendor, origin, state, verified, problem)"
        " VALUES ('demo', 'centracx', 'page', 'stuck', true, 'a question of an unknown type')"
    )
    assert "a question of an unknown type" in command_context.run().stdout
    [demo] = command_context.terminal.json("surveys", "status")["workspaces"]
    assert demo["stuck"] == 1


def mails_are_refused(command_context: Any) -> None:
    environment, cention = command_context.environment, command_context.cention
    port = cention.control("surveys/mail")["port"]
    environment.setenv("SMTP_URL", f"smtp://sandbox:sandbox-survey-password@127.0.0.1:{port}")
    environment.setenv("SMTP_FROM", "surveys@nordkust.example")
    environment.setenv("SURVEY_PUBLIC_URL", "https://ask.nordkust.example")
    _surveys(command_context)
    Path("surveys.toml").write_text(OWN_PAGE)
    command_context.terminal.run("surveys", "rules", "load")
    with environment.context() as wrong:
        wrong.setenv("SMTP_URL", f"smtp://sandbox:wrong@127.0.0.1:{port}")
        _invite(command_context)
        assert "mail is paused, because it refuses us" in command_context.status()
        assert "It refuses us" in command_context.run().stdout
    assert "It accepts the log-in" in command_context.run().stdout
    command_context.bridge.rows("UPDATE feedback.vendor SET paused_until = now()")
    command_context.bridge.rows("UPDATE feedback.invitation SET due_at = now()")
    _invite(command_context)
    assert "is paused" not in command_context.status()


def the_workspace_has_moved(command_context: Any) -> None:
    command_context.environment.setenv("CENTION_URL", "https://new.example/s/demo")
    assert "but the settings name new.example/s/demo" in command_context.terminal.run("poll").stderr
    assert command_context.run().stdout == "The workspace demo is at new.example/s/demo.\n"
    assert "but the settings name" not in command_context.terminal.run("status").stderr


def analysts_may_not_read(command_context: Any) -> None:
    command_context.bridge.execute(
        "REVOKE ALL ON ALL TABLES IN SCHEMA analyst FROM cention_analyst"
    )
    assert "may not read analyst." in command_context.terminal.run("check").stdout
    command_context.run()
    assert "may not read" not in command_context.terminal.run("check").stdout


def a_pooler_shares_sessions(command_context: Any) -> None:
    with command_context.environment.context() as pooled:
        sessions = iter((1, 1, 2))
        pooled.setattr(status, "backend", lambda conn: next(sessions))
        assert "A pooler shares sessions between connections" in command_context.run().stdout
    assert "A pooler" not in command_context.run().stdout


def callbacks_are_refused(command_context: Any) -> None:
    folder = Path().absolute()
    with serving(folder, {"METRICS_BIND": ""}) as receiver:
        command_context.environment.setenv("RECEIVER_URL", receiver.url)
        assert "The receiver has refused none" in command_context.run().stdout
        assert receiver.post(b'{"meta": {"api_secret": "wrong"}}').status_code == 401
        shown = command_context.run().stdout
    assert "has refused 1 callback of demo with 401 (a wrong secret)" in " ".join(shown.split())
    assert '"event": "callbacks refused"' in receiver.log.read_text("utf-8")


def a_machine_is_dead(command_context: Any) -> None:
    *words, _ = command_context.command
    command_context.command = [*words, "old/spool"]  # where the test may put a disk
    Spool(Path("old/spool").absolute(), max_bytes=1 << 20).append(new_callback(1))
    said = command_context.run()
    assert said.stdout.startswith("1 callback of demo stored"), said.output
    assert command_context.run().stdout.endswith("Nothing is left in old/spool.\n")


FAULTS = {
    "A machine with a receiver is dead": a_machine_is_dead,
    "Figures are behind": figures_are_behind,
    "Figures of errands cannot be computed": figures_of_errands_cannot_be_computed,
    "The workspace has moved": the_workspace_has_moved,
    "Analysts may not read": analysts_may_not_read,
    "A pooler shares sessions": a_pooler_shares_sessions,
    "Callbacks are refused": callbacks_are_refused,
    "Mails are refused": mails_are_refused,
    "Answers match nothing": answers_match_nothing,
    "A survey cannot go on": a_survey_cannot_go_on,
    "A survey vendor refuses us": a_survey_vendor_refuses_us,
    "It is not known whether a customer was invited": (
        it_is_not_known_whether_a_customer_was_invited
    ),
    "Nobody is invited": nobody_is_invited,
    "Too many are invited": too_many_are_invited,
    "It is not known whether an errand was created": it_is_not_known_whether_an_errand_was_created,
    "It is not known whether a report was sent": it_is_not_known_whether_a_report_was_sent,
    "An import stopped": an_import_stopped,
    "A mail of an import has different content": a_mail_of_an_import_has_different_content,
    "A mirror is not refreshed": a_mirror_is_not_refreshed,
    "The library is not refreshed": the_library_is_not_refreshed,
    "Exports have stopped": exports_have_stopped,
    "Rows of the log-on table cannot be read": rows_of_the_log_cannot_be_read,
    "Log-ons of a period are missing": log_ons_of_a_period_are_missing,
    "Errands of the past are missing": errands_of_the_past_are_missing,
    "Cention has to list errands again": errands_are_to_be_marked_as_changed,
}
