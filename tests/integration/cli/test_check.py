"""`cention check`: findings about settings and servers, without any secret."""

from __future__ import annotations

import re
import socket
from dataclasses import replace

import psycopg
import pytest

from tests.integration.terminal import SECRET
from tests.support.settings import SETTINGS
from workers.config.names import Family
from workers.operations.jobs.checks import database as database_check
from workers.operations.jobs.checks import receiver
from workers.operations.jobs.checks.receiver import metrics_url
from workers.operations.jobs.checks.settings import is_private
from workers.operations.store import status

PASSWORD = "hemlig-lösen"


def lines(found, level):
    return [f"{one['about']}: {one['sentence']}" for one in found if one["level"] == level]


def wrong(terminal, about):
    [one] = [f for f in terminal.json("check") if (f["level"], f["about"]) == ("wrong", about)]
    assert one["remedy"]
    return one["sentence"]


def test_all_findings_are_good_when_everything_runs(terminal, bridge):
    bridge.answer_canaries()

    result = terminal.run("check")

    assert result.exit_code == 0
    assert {line.split()[0] for line in result.stdout.splitlines()} == {"ok"}


def test_every_mistake_in_the_settings_is_reported_at_once(terminal, environment):
    environment.setenv("POLL_EVERY_S", "often")
    environment.setenv("CENTION_URL", "nonsense")
    environment.delenv("DATABASE_URL")

    result = terminal.run("check")

    assert result.exit_code == 1
    for name in ("POLL_EVERY_S", "CENTION_URL", "DATABASE_URL"):
        assert name in result.stdout


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://bridge:{PASSWORD}@127.0.0.1:1/cention",
        f"postgresql://bridge:p@{PASSWORD}@127.0.0.1:1/cention",
        f"postgresql://bridge:1/{PASSWORD}@127.0.0.1:1/cention",
        f"postgresql://bridge:{PASSWORD}/x?application_name=y@127.0.0.1:1/cention",
        f"host=127.0.0.1 port=1 password={PASSWORD}",
        f"nonsense {PASSWORD}",
    ],
)
@pytest.mark.parametrize("command", ["check", "status", "parked"])
def test_a_database_that_is_down_is_reported_without_its_password(
    terminal, environment, url, command
):
    environment.setenv("DATABASE_URL", url)

    result = terminal.run(command)

    assert result.exit_code == 1
    assert "DATABASE_URL" in result.output
    assert PASSWORD not in result.output
    assert "Traceback" not in result.output


def test_a_database_that_is_not_migrated_is_reported(terminal, environment, postgres):
    with psycopg.connect(postgres.url, autocommit=True) as admin:
        admin.execute("CREATE DATABASE not_migrated")
    environment.setenv("DATABASE_URL", postgres.url_of("not_migrated"))

    assert "missing" in wrong(terminal, "database")
    result = terminal.run("status")
    assert (result.exit_code, "Run: cention migrate" in result.stderr) == (1, True)


def test_a_role_that_may_not_write_is_reported(terminal, environment, database, postgres):
    with psycopg.connect(database, autocommit=True) as admin:
        admin.execute("DROP ROLE IF EXISTS reader")
        admin.execute("CREATE ROLE reader LOGIN")
        admin.execute("GRANT USAGE ON SCHEMA intake, cention TO reader")
        admin.execute("GRANT SELECT ON ALL TABLES IN SCHEMA intake, cention TO reader")
    environment.setenv("DATABASE_URL", database.replace("//cention@", "//reader@"))

    assert "reader may not write" in wrong(terminal, "database")

    with psycopg.connect(database, autocommit=True) as admin:
        admin.execute("DROP OWNED BY reader; DROP ROLE reader")


def test_a_spool_that_others_may_enter_is_reported(terminal, tmp_path):
    (tmp_path / "var" / "spool").mkdir(parents=True)
    (tmp_path / "var" / "spool").chmod(0o755)

    assert "its mode is 0755, so others may enter it" in wrong(terminal, "spool")


def test_silent_workers_are_reported_by_queue(terminal, bridge):
    bridge.answer_canaries()
    bridge.rows(
        "UPDATE intake.canary SET answered_at = now() - interval '2 minutes' WHERE queue = 'fetch'"
    )

    assert "answered for 2m on the queue fetch" in wrong(terminal, "workers")


def test_a_broker_that_is_down_is_reported_without_its_password(terminal, environment):
    environment.setenv("BROKER_URL", f"redis://:{PASSWORD}@127.0.0.1:1/0")

    message = wrong(terminal, "broker")

    assert "127.0.0.1:1" in message
    assert PASSWORD not in message


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"CENTION_URL": "http://127.0.0.1:1/s/demo"}, "cannot be reached at 127.0.0.1"),
        ({"CENTION_TOKEN": "another-token"}, "The token is refused"),
        ({"CENTION_TOKEN": "two words"}, "The token is malformed"),
        ({"CENTION_TOKEN": ""}, "No token is set"),
    ],
)
def test_the_reason_why_cention_cannot_be_used_is_reported(
    terminal, environment, variables, message
):
    for name, value in variables.items():
        environment.setenv(name, value)

    assert message in wrong(terminal, "Cention of demo")
    assert terminal.run("check").exit_code == 1
    assert "another-token" not in terminal.run("check").output


@pytest.mark.parametrize(
    ("variable", "value", "about", "words"),
    [
        ("DATABASE_URL", "postgresql://database.invalid/x", "database", "no such host|name server"),
        ("DATABASE_URL", "postgresql://127.0.0.1:1/x", "database", "the connection was refused"),
        ("BROKER_URL", "redis://role.invalid:1/0", "broker", "no such host|name server"),
        ("BROKER_URL", "amqp://auth.invalid:1//", "broker", "no such host|name server"),
        ("BROKER_URL", "amqp://127.0.0.1:1//", "broker", "the connection was refused"),
        ("BROKER_URL", "redis://127.0.0.1:1/0", "broker", "the connection was refused"),
        ("BROKER_URL", "kafka://127.0.0.1:1/0", "broker", "begins with none of"),
        ("CENTION_URL", "http://timeout.invalid/s/demo", "Cention of demo", "no such host|name s"),
        ("CENTION_URL", "http://127.0.0.1:1/s/demo", "Cention of demo", "connection was refused"),
        ("RECEIVER_URL", "http://127.0.0.1:1", "receiver", "the connection was refused"),
    ],
)
def test_the_reason_why_there_is_no_connection_is_named(
    terminal, environment, variable, value, about, words
):
    environment.setenv(variable, value)

    assert re.search(words, wrong(terminal, about))


@pytest.mark.parametrize(
    ("variable", "value", "about"),
    [
        ("DATABASE_URL", f"postgresql://bridge:p@{PASSWORD}@127.0.0.1:1/cention", "database"),
        ("DATABASE_URL", f"postgresql://bridge:{PASSWORD}%@127.0.0.1:1/cention", "database"),
        ("DATABASE_URL", f"postgresql://bridge:1/{PASSWORD}@127.0.0.1:1/cention", "database"),
        ("BROKER_URL", f"redis://:p@{PASSWORD}@127.0.0.1:1/0", "broker"),
        ("BROKER_URL", f"redis://:1/{PASSWORD}@127.0.0.1:1/0", "broker"),
        ("BROKER_URL", f"redis://:p#{PASSWORD}@127.0.0.1:1/0", "broker"),
        ("BROKER_URL", f"amqp://bridge:p/{PASSWORD}@127.0.0.1:1/", "broker"),
    ],
)
def test_a_password_that_is_not_percent_encoded_gets_a_hint(
    terminal, environment, variable, value, about
):
    environment.setenv(variable, value)

    [found] = [f for f in terminal.json("check") if (f["level"], f["about"]) == ("wrong", about)]

    assert "Percent-encode @ : / ? # %" in found["remedy"]
    assert PASSWORD not in str(found)


def test_a_server_without_tls_is_named(terminal, environment, cention):
    """Each of them is asked by TLS, and answers something else."""
    plain = cention.root.removeprefix("http://")
    environment.setenv("CENTION_URL", f"https://{plain}/s/demo")
    environment.setenv("BROKER_URL", f"rediss://{plain}/0")

    assert "it does not speak TLS there" in wrong(terminal, "Cention of demo")
    assert "it does not speak TLS there" in wrong(terminal, "broker")


@pytest.mark.parametrize("path", ["/s/other", "/nowhere"])
def test_a_wrong_address_is_distinguished_from_a_refused_token(
    terminal, environment, cention, path
):
    environment.setenv("CENTION_URL", cention.root + path)
    environment.setenv("CENTION_WORKSPACE", "demo")

    assert "it is not this workspace" in wrong(terminal, "Cention of demo")


def test_the_check_of_cention_clears_no_change_flag(terminal, cention, errands):
    errands(2)
    changed = cention.dirty_errands()

    terminal.run("check")

    assert cention.dirty_errands() == changed


def test_a_claim_without_token_says_what_is_disabled(terminal, environment):
    environment.delenv("CENTION_TOKEN")
    environment.setenv("CENTION_TOKEN_ERRAND_DATA", "sandbox-token")

    found = lines(terminal.json("check"), "warning")

    assert "token attachments of demo: Not set, so attachments are not fetched." in found
    assert len([one for one in found if one.startswith("token ")]) == 6


def test_mirrors_on_a_schedule_are_reported_and_the_reason_of_disabled_ones(terminal, environment):
    environment.setenv("LIBRARY_EVERY_S", "0")

    found = lines(terminal.json("check"), "ok")

    assert "library of demo: Disabled: LIBRARY_EVERY_S is 0." in found
    assert "agent_logons of demo: Refreshed every 10m." in found
    assert "log-ons of demo: 127.0.0.1 accepts the token." in found
    assert not any(one.startswith("questions of demo") for one in found)
    [exports] = [one for one in found if one.startswith("exports of demo")]
    assert "no export is chosen, CENTION_EXPORT_PRESET" in exports


def test_without_a_token_of_its_claim_a_schedule_is_off(terminal, environment):
    environment.delenv("CENTION_TOKEN")
    environment.setenv("CENTION_TOKEN_ERRAND_DATA", "sandbox-token")

    found = [one for one in lines(terminal.json("check"), "ok") if "Disabled" in one]

    assert len(found) == 3
    assert all("there is no token of its claim" in one for one in found)


@pytest.mark.parametrize(
    ("name", "about", "claim"),
    [("LOGIO", "log-ons", "Access to logio API"), ("LIBRARY", "questions", "Access to library")],
)
def test_a_refused_token_of_a_schedule_is_reported_by_its_claim(
    terminal, environment, name, about, claim
):
    environment.setenv(f"CENTION_TOKEN_{name}", "another-token")

    [message] = [f for f in terminal.json("check") if f["about"] == f"{about} of demo"]

    assert message["level"] == "wrong"
    assert claim in message["remedy"]


def test_the_check_of_schedules_requests_one_second_of_the_log_and_the_top_list(
    terminal, environment, cention
):
    environment.setenv("CENTION_EXPORT_PRESET", "1")
    before = cention.control("stats")["requests"]

    terminal.run("check")

    after = cention.control("stats")["requests"]
    assert {name for name in after if after[name] != before.get(name)} == {
        "GET c3_dirty_errand_list 200",
        "GET c3_library_questions 200",
        "GET logio 200",
    }


def test_no_callback_secret_is_wrong_and_a_warning_if_it_is_allowed(terminal, environment):
    environment.setenv("CENTION_CALLBACK_SECRETS", "")

    assert "the receiver does not start" in wrong(terminal, "callbacks of demo")

    environment.setenv("CENTION_ALLOW_UNSIGNED", "true")
    assert any("from anyone" in one for one in lines(terminal.json("check"), "warning"))


def test_a_time_zone_that_does_not_fit_the_reports_is_a_warning(
    terminal, environment, bridge, errands
):
    errands(3)
    bridge.fetch(Family.ERRAND_REPORTS)

    assert any("Europe/Stockholm fits" in one for one in lines(terminal.json("check"), "ok"))

    environment.setenv("CENTION_TIMEZONE", "Asia/Kuala_Lumpur")
    [message] = [one for one in lines(terminal.json("check"), "warning") if "time zone" in one]
    assert "CENTION_TIMEZONE is Asia/Kuala_Lumpur" in message


@pytest.mark.parametrize(
    ("url", "private"),
    [
        ("https://api.cention.com/s/demo", True),
        ("http://127.0.0.1:8001/s/demo", True),
        ("http://[::1]/s/demo", True),
        ("http://localhost/s/demo", True),
        ("http://api.cention.com/s/demo", False),
        ("http://10.0.0.1/s/demo", False),
    ],
)
def test_http_is_private_only_within_the_machine(url, private):
    assert is_private(url) == private


def test_no_secret_is_shown(terminal, environment):
    environment.setenv("CENTION_TOKEN", "token-that-is-secret")

    shown = terminal.run("check").output + terminal.run("check", "--json").output

    assert SECRET not in shown
    assert "token-that-is-secret" not in shown


def test_no_secret_of_a_file_is_shown_nor_the_text_of_a_wrong_one(terminal, environment, tmp_path):
    for name in ("CENTION_TOKEN", "CENTION_CALLBACK_SECRETS"):
        environment.setenv(name, "")
        environment.setenv(f"{name}_FILE", str(tmp_path / name))
        (tmp_path / name).write_text("text-that-is-secret\n", "utf-8")
    (tmp_path / "wrong").write_text("text-that-is-secret\nand more\n", "utf-8")

    good = terminal.run("check").output
    environment.setenv("CENTION_TOKEN", "")
    environment.setenv("CENTION_TOKEN_FILE", str(tmp_path / "wrong"))
    bad = terminal.run("check").output

    assert "callbacks of demo: 1 secret valid." in good
    assert "CENTION_TOKEN_FILE: " in bad
    assert "text-that-is-secret" not in good + bad


def test_without_an_account_no_survey_vendor_is_checked(terminal):
    found = terminal.json("check")

    assert not [one for one in found if one["about"].startswith(("DigiDesk", "Customer Radar"))]


def test_the_login_at_customer_radar_is_tried_and_digidesk_cannot_be(
    terminal, environment, cention
):
    for name, value in {
        "DIGIDESK_USER": "us",
        "DIGIDESK_PASSWORD": PASSWORD,
        "CUSTOMER_RADAR_URL": f"{cention.root}/customer-radar",
        "CUSTOMER_RADAR_USER": "sandbox",
        "CUSTOMER_RADAR_PASSWORD": "sandbox-survey-password",
        "CUSTOMER_RADAR_CLIENT": "sandbox-client",
    }.items():
        environment.setenv(name, value)

    found = lines(terminal.json("check"), "ok")

    assert "Customer Radar of demo: It accepts the login." in found
    assert any(one.startswith("DigiDesk of demo: Set, 60 invitations a minute") for one in found)
    environment.setenv("CUSTOMER_RADAR_PASSWORD", PASSWORD)
    assert "It refuses the login" in wrong(terminal, "Customer Radar of demo")
    assert PASSWORD not in terminal.run("check").stdout
    environment.setenv("CUSTOMER_RADAR_URL", "http://127.0.0.1:1")
    assert "It cannot be reached" in wrong(terminal, "Customer Radar of demo")
    environment.setenv("CUSTOMER_RADAR_URL", cention.root)
    assert "Something else answers" in wrong(terminal, "Customer Radar of demo")
    assert cention.control("truth/surveys")["messages"] == []


def test_centracx_and_alvaria_are_tried_without_touching_a_customer(terminal, environment, cention):
    for name, value in {
        "CENTRACX_URL": f"{cention.root}/centracx",
        "CENTRACX_KEY": "sandbox",
        "CENTRACX_SECRET": "sandbox-survey-password",
        "ALVARIA_ORG": "sandbox",
        "ALVARIA_URL": f"{cention.root}/alvaria",
        "ALVARIA_TOKEN_URL": f"{cention.root}/alvaria/tokenservice/oauth2/access_token",
        "ALVARIA_CLIENT_ID": "sandbox",
        "ALVARIA_SECRET": "sandbox-survey-password",
        "ALVARIA_API_KEY": "sandbox-api-key",
    }.items():
        environment.setenv(name, value)

    found = lines(terminal.json("check"), "ok")

    assert (
        "CentraCX of demo: It accepts the key. Surveys: 2 Email Survey, 3 Survey with a ranking."
        in found
    )
    assert "Alvaria of demo: It accepts the login." in found
    truth = cention.control("truth/surveys")
    assert (truth["sessions"], truth["dialogs"]) == ([], [])
    environment.setenv("ALVARIA_API_KEY", "wrong")
    assert "It refuses the login" in wrong(terminal, "Alvaria of demo")
    environment.setenv("CENTRACX_SECRET", PASSWORD)
    environment.setenv("ALVARIA_SECRET", PASSWORD)
    assert "It refuses the login" in wrong(terminal, "CentraCX of demo")
    assert "It refuses the login" in wrong(terminal, "Alvaria of demo")
    assert PASSWORD not in terminal.run("check").output
    environment.setenv("CENTRACX_URL", "http://127.0.0.1:1")
    assert "It cannot be reached" in wrong(terminal, "CentraCX of demo")
    environment.setenv("CENTRACX_URL", cention.root)
    assert "Something else answers" in wrong(terminal, "CentraCX of demo")


def test_the_mail_server_is_tried_and_nothing_is_sent(terminal, environment, cention):
    port = cention.control("surveys/mail")["port"]
    environment.setenv("SMTP_URL", f"smtp://sandbox:sandbox-survey-password@127.0.0.1:{port}")
    environment.setenv("SMTP_FROM", "surveys@nordkust.example")

    assert "SURVEY_PUBLIC_URL is not set" in wrong(terminal, "survey pages of demo")
    environment.setenv("SURVEY_PUBLIC_URL", "https://ask.nordkust.example")
    found = lines(terminal.json("check"), "ok")
    assert "mail server of demo: It accepts the log-in; nothing was sent." in found
    assert cention.control("truth/surveys")["messages"] == []
    environment.setenv("SMTP_URL", f"smtp://sandbox:hemlig-word@127.0.0.1:{port}")
    assert "It refuses us" in wrong(terminal, "mail server of demo")
    assert "hemlig-word" not in terminal.run("check").output
    environment.setenv("SMTP_URL", "smtp://127.0.0.1:1")
    assert "It cannot be reached" in wrong(terminal, "mail server of demo")


@pytest.mark.parametrize(
    ("ahead_s", "message"),
    [(-12.4, "The clock of beat on b1 is 12s behind"), (3700, "beat on b1 is 1h ahead of")],
)
def test_a_clock_that_differs_from_the_database_is_a_warning(terminal, bridge, ahead_s, message):
    bridge.answer_canaries()
    bridge.execute(
        "INSERT INTO intake.clock VALUES ('beat', 'b1', %s, now()), ('worker', 'b1', 1900, now()),"
        " ('gone', 'b2', 99000, now() - interval '11 minutes')",
        ahead_s * 1000,
    )

    [found] = [one for one in lines(terminal.json("check"), "warning") if "clocks" in one]

    assert message in found


def test_clocks_that_agree_are_reported_with_their_largest_difference(terminal, bridge):
    bridge.answer_canaries()
    bridge.execute("INSERT INTO intake.clock VALUES ('beat', 'b1', -1400, now())")

    found = lines(terminal.json("check"), "ok")

    assert any("They differ from the database's by 1.4 s at most (beat" in one for one in found)


def test_a_pooler_that_shares_sessions_is_named(monkeypatch, database):
    """With PgBouncer in transaction mode, the next transaction may get another session."""
    sessions = iter((1, 1, 2))
    monkeypatch.setattr(status, "backend", lambda conn: next(sessions))

    [finding] = database_check.sessions(database)

    assert finding.level == "wrong"
    assert finding.remedy is not None
    assert "pool_mode = session" in finding.remedy


def test_a_session_of_our_own_is_no_finding(database):
    assert list(database_check.sessions(database)) == []


@pytest.mark.parametrize(
    ("bind", "metrics", "open_to_others"),
    [
        ("127.0.0.1:8000", "", False),
        ("[::1]:8000,unix:/run/cention.sock", "", False),
        ("0.0.0.0:8000", "", True),
        ("127.0.0.1:8000,10.0.0.1:8000", "", True),
        ("0.0.0.0:8000", "127.0.0.1:9180", False),
        ("0.0.0.0:8000", "10.0.0.9:9180", False),
        ("0.0.0.0:8000", "unix:/run/metrics.sock", False),
        ("127.0.0.1:8000", "0.0.0.0:9180", True),
        ("127.0.0.1:8000", "[::]:9180", True),
    ],
)
def test_metrics_that_others_can_read_are_a_warning(
    terminal, environment, bind, metrics, open_to_others
):
    environment.setattr(receiver, "_listens", lambda _: True)
    environment.setenv("RECEIVER_BIND", bind)
    environment.setenv("METRICS_BIND", metrics)

    found = [one for one in terminal.json("check") if one["about"] == "metrics"]

    assert bool(found) == open_to_others
    assert all("METRICS_BIND" in one["remedy"] for one in found)


@pytest.mark.parametrize("host", ["", "0.0.0.0"])
@pytest.mark.parametrize("name", ["RECEIVER_BIND", "METRICS_BIND"])
def test_where_no_receiver_listens_nobody_can_read_its_metrics(terminal, environment, host, name):
    with socket.create_server(("127.0.0.1", 0)) as server:
        environment.setenv(name, f"{host}:{server.getsockname()[1]}")
        found = [one["about"] for one in terminal.json("check")]
    without = [one["about"] for one in terminal.json("check")]

    assert (found.count("metrics"), without.count("metrics")) == (1, 0)


def test_a_bind_whose_name_no_host_can_have_does_not_end_the_check(terminal, environment):
    environment.setenv("RECEIVER_BIND", "a..b:8000")

    assert "metrics" in [one["about"] for one in terminal.json("check")]


def test_an_address_of_metrics_without_a_port_is_a_wrong_setting(terminal, environment):
    environment.setenv("METRICS_BIND", "9100")

    assert "'9100' is no address such as 127.0.0.1:9180" in wrong(terminal, "settings")


@pytest.mark.parametrize(
    ("bind", "receiver", "expected"),
    [
        ("", "http://10.0.0.2:8000", "http://10.0.0.2:8000"),
        ("10.0.0.9:9100", "http://10.0.0.2:8000", "http://10.0.0.9:9100"),
        ("0.0.0.0:9100", "http://10.0.0.2:8000", "http://10.0.0.2:9100"),
        ("[::]:9100", "http://10.0.0.2:8000", "http://10.0.0.2:9100"),
        ("[::]:9100", "http://[fd00::2]:8000", "http://[fd00::2]:9100"),
    ],
)
def test_metrics_are_read_where_they_are_served(bind, receiver, expected):
    settings = replace(SETTINGS, metrics_bind=bind, receiver_url=receiver)

    assert metrics_url(settings) == expected


@pytest.mark.parametrize(
    ("bind", "words"),
    [
        ("", "answers is something else than metrics"),
        ("unix:/run/cention/metrics.sock", "a Unix socket is not read from here"),
    ],
)
def test_metrics_that_cannot_be_read_are_a_warning(monkeypatch, bind, words):
    monkeypatch.setattr(receiver, "_get", lambda url, path: "<!doctype html>\n<p>Welcome</p>")
    settings = replace(SETTINGS, metrics_bind=bind, receiver_url="http://10.0.0.2:8000")

    [finding] = [f for f in receiver.receiver_findings(settings) if f.about == "refused callbacks"]

    assert finding.level == "warning"
    assert words in finding.sentence
