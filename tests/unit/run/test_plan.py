"""The settings of `make run`: short intervals for a sandbox, the usual ones for a real Cention."""

from __future__ import annotations

from contextlib import closing

import pytest

from deploy.embedded import StartupError
from deploy.embedded.ports import LOOPBACK, listening_socket
from deploy.run import plan as plans
from deploy.run import ports, web_login
from deploy.run.plan import SANDBOX_SETTINGS, make_plan
from workers.config.settings import SECRETS
from workers.operations.rules import passwords

pytestmark = pytest.mark.enable_socket  # a plan reserves its ports
SURVEY_VENDORS = ("DIGIDESK_", "CUSTOMER_RADAR_", "CENTRACX_", "ALVARIA_", "SMTP_", "SURVEY_PUBLIC")
FREE = {"RECEIVER_BIND": "127.0.0.1:0"}
SERVERS = {"DATABASE_URL": "postgresql://db/cention", "BROKER_URL": "redis://broker"} | FREE


@pytest.fixture
def variables(tmp_path):
    return lambda **given: make_plan(SERVERS | given, var=tmp_path).variables()


def test_with_the_sandbox_its_settings_are_used(variables):
    assert SANDBOX_SETTINGS.items() <= variables().items()


def test_settings_of_the_environment_take_precedence(variables):
    found = variables(LIBRARY_EVERY_S="0", CENTION_EXPORT_PRESET="7")

    assert (found["LIBRARY_EVERY_S"], found["CENTION_EXPORT_PRESET"]) == ("0", "7")
    assert found["AGENT_LOGONS_EVERY_S"] == "60"


@pytest.mark.parametrize(
    "given",
    [
        {"CENTION_URL": "https://api.example.test/s/demo"},
        {"CENTION_WORKSPACES_FILE": "workspaces.toml"},
    ],
)
def test_with_a_real_cention_the_intervals_are_the_usual_ones(variables, given):
    assert SANDBOX_SETTINGS.keys().isdisjoint(variables(**given))


def test_with_the_sandbox_its_survey_vendors_are_used(variables):
    found = variables(SANDBOX_SURVEY_PASSWORD="chosen")

    assert found["DIGIDESK_URL"].startswith("http://127.0.0.1:")
    assert found["DIGIDESK_PASSWORD"] == found["CUSTOMER_RADAR_PASSWORD"] == "chosen"
    assert found["CENTRACX_SECRET"] == found["ALVARIA_SECRET"] == "chosen"


def test_with_the_sandbox_links_to_our_pages_go_through_its_mail_server(variables):
    found = variables(SANDBOX_SURVEY_PASSWORD="p@ss")

    assert found["SMTP_URL"].startswith("smtp://sandbox:p%40ss@127.0.0.1:")
    assert found["SURVEY_PUBLIC_URL"].startswith("http://127.0.0.1:")


def test_links_lead_to_the_address_that_is_set(variables):
    given = {"SURVEY_PUBLIC_URL": "https://ask.example.com"}

    assert "SURVEY_PUBLIC_URL" not in variables(**given)


def test_an_account_of_the_environment_is_not_mixed_with_the_sandbox(variables):
    found = variables(DIGIDESK_USER="us", DIGIDESK_PASSWORD="ours")

    assert not [name for name in found if name.startswith("DIGIDESK_")]
    assert found["CUSTOMER_RADAR_USER"] == "sandbox"


def test_a_limit_alone_is_no_account(variables):
    found = variables(DIGIDESK_PER_MINUTE="600")

    assert found["DIGIDESK_USER"] == "sandbox"


def test_with_a_real_cention_no_simulated_vendor_is_used(variables):
    found = variables(CENTION_URL="https://api.example.test/s/demo")

    assert not [name for name in found if name.startswith(SURVEY_VENDORS)]


def test_receiver_and_sandbox_share_a_secret_for_pushed_answers(variables):
    found = variables()
    chosen = variables(SURVEY_PUSH_SECRETS="new, old")

    assert found["SURVEY_PUSH_SECRETS"] == found["SANDBOX_ANSWERS_SECRET"]
    assert chosen["SURVEY_PUSH_SECRETS"] == "new, old"
    assert chosen["SANDBOX_ANSWERS_SECRET"] == "new"


def test_with_a_real_cention_nobody_can_push_answers_unless_a_secret_is_set(variables):
    found = variables(CENTION_URL="https://api.example.test/s/demo")

    assert "SURVEY_PUSH_SECRETS" not in found


def test_simulated_customers_are_invited_if_sandbox_and_database_are_of_the_run(tmp_path):
    assert make_plan({}, var=tmp_path).invites_simulated_customers
    assert make_plan({"DIGIDESK_PER_MINUTE": "5"}, var=tmp_path).invites_simulated_customers


@pytest.mark.parametrize(
    "given",
    [
        {"CENTION_URL": "https://api.example.test/s/demo"},
        {"CENTION_WORKSPACES_FILE": "workspaces.toml"},
        {"DATABASE_URL": "postgresql://db/cention"},
        {"DIGIDESK_USER": "us"},
        {"DIGIDESK_URL": "https://digidesk.example.test/"},
        {"CUSTOMER_RADAR_USER": "us"},
        {"CENTRACX_URL": "https://us.centracx.com"},
        {"ALVARIA_ORGANIZATION": "us"},
        {"SMTP_URL": "smtp://mail.example.test"},
    ],
)
def test_beside_anything_real_nobody_is_invited_by_a_start(tmp_path, given):
    assert not make_plan(FREE | given, var=tmp_path).invites_simulated_customers


def test_the_sandbox_has_a_workspace_and_data_of_its_own(tmp_path):
    plan = make_plan({}, var=tmp_path)

    assert plan.workspace == "sandbox"
    assert plan.cention_url is not None
    assert plan.cention_url.endswith("/s/sandbox")
    assert plan.postgres is not None
    assert plan.postgres.state == tmp_path / "sandbox" / "postgres"
    assert plan.variables()["SPOOL_DIR"] == str(tmp_path / "sandbox" / "spool")


def test_a_real_workspace_has_its_data_beside_those_of_the_sandbox(tmp_path):
    plan = make_plan(FREE | {"CENTION_URL": "https://api.example.test/s/demo"}, var=tmp_path)

    assert plan.postgres is not None
    assert plan.postgres.state == tmp_path / "postgres"


def test_the_receiver_of_a_real_workspace_gets_no_other_port_than_8000(tmp_path, monkeypatch):
    with closing(listening_socket(LOOPBACK, 0)) as taken:
        monkeypatch.setattr(plans, "RECEIVER_PORT", taken.getsockname()[1])

        with pytest.raises(StartupError, match=r"cannot listen on 127.0.0.1:\d+: .* in use"):
            make_plan({"CENTION_URL": "https://api.example.test/s/demo"}, var=tmp_path)


def test_the_port_of_the_metrics_that_is_in_use_is_named_before_the_start(tmp_path):
    with closing(listening_socket(LOOPBACK, 0)) as taken:
        bind = f"127.0.0.1:{taken.getsockname()[1]}"

        with pytest.raises(StartupError, match=f"cannot listen on {bind}: .* in use") as failed:
            make_plan(FREE | {"METRICS_BIND": bind}, var=tmp_path)

    assert "set METRICS_BIND to another" in str(failed.value)


def test_receiver_and_sandbox_leave_their_usual_ports_to_the_metrics(tmp_path, monkeypatch):
    with closing(listening_socket(LOOPBACK, 0)) as found:
        port = found.getsockname()[1]
    monkeypatch.setattr(ports, "RECEIVER_PORT", port)
    monkeypatch.setattr(ports, "SANDBOX_PORT", port)

    plan = make_plan({"METRICS_BIND": f"127.0.0.1:{port}"}, var=tmp_path)

    assert plan.sandbox is not None
    assert port not in (plan.receiver.port, plan.sandbox.port)


def test_metrics_on_a_unix_socket_take_no_port(tmp_path):
    make_plan(FREE | {"METRICS_BIND": "unix:/run/cention/metrics"}, var=tmp_path)


def test_an_address_of_the_metrics_that_is_none_is_named(tmp_path):
    with pytest.raises(StartupError, match='METRICS_BIND is "somewhere"'):
        make_plan(FREE | {"METRICS_BIND": "somewhere"}, var=tmp_path)


def names_of(plan):
    return [one.name for one in plan.process_specs()]


@pytest.mark.parametrize("more", [{}, {"CENTION_URL": "https://api.example.test/s/demo"}])
def test_no_process_has_a_secret_in_its_arguments(tmp_path, more):
    ours = {name: f"s3cret-{name.lower()}" for name in (*SECRETS, "SANDBOX_TOKEN")}

    plan = make_plan(FREE | ours | more, var=tmp_path)

    assert "s3cret" not in " ".join(word for one in plan.process_specs() for word in one.command)
    assert "s3cret" not in repr(plan)


def test_the_past_of_the_sandbox_is_fetched_by_a_process_that_ends(tmp_path):
    plan = make_plan(SERVERS | {"SANDBOX_HISTORY_DAYS": "30"}, var=tmp_path)

    [fetching] = [one for one in plan.process_specs() if one.name == "sandbox-history"]
    [sandbox] = [one for one in plan.process_specs() if one.name == "sandbox"]
    assert fetching.command[-1] == "30"
    assert sandbox.command[-2:] == ("--history-days", "30")
    assert [one.name for one in plan.process_specs() if one.ends] == ["sandbox-history"]


@pytest.mark.parametrize(
    "given", [{"SANDBOX_HISTORY_DAYS": "0"}, {"CENTION_URL": "https://api.example.test/s/demo"}]
)
def test_without_a_past_nothing_fetches_it(tmp_path, given):
    assert "sandbox-history" not in names_of(make_plan(SERVERS | given, var=tmp_path))


@pytest.mark.parametrize("days", ["-1", "2001", "many", "1.5"])
def test_a_past_that_is_no_number_of_days_is_named(tmp_path, days):
    with pytest.raises(StartupError, match="SANDBOX_HISTORY_DAYS"):
        make_plan(SERVERS | {"SANDBOX_HISTORY_DAYS": days}, var=tmp_path)


def test_the_web_face_gets_another_port_if_its_own_is_in_use(tmp_path):
    with closing(listening_socket(LOOPBACK, 0)) as taken:
        port = taken.getsockname()[1]
        plan = make_plan(SERVERS | {"WEB_BIND": f"{LOOPBACK}:{port}"}, var=tmp_path)

    assert plan.web is not None
    assert plan.web.port not in (port, plan.receiver.port)
    assert f"({LOOPBACK}:{port} is in use)" in web_login.description(plan)


def test_the_operator_of_a_run_has_a_password_in_a_file_for_its_owner_alone(tmp_path):
    plan = make_plan(SERVERS, var=tmp_path)

    made = web_login.variables(plan)

    password = (tmp_path / "web.password").read_text().strip()
    assert passwords.matches(password, made["WEB_PASSWORD_HASH"])
    assert len(made["WEB_SECRET_KEY"]) >= 32
    for name in ("web.password", "web.key", "web.hash"):
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o600
    assert web_login.variables(plan) == made  # sessions go on
    assert str(tmp_path / "web.password") in web_login.description(plan)
    assert password not in web_login.description(plan)


def test_a_password_that_was_changed_in_its_file_or_a_broken_hash_gets_a_new_hash(tmp_path):
    plan = make_plan(SERVERS, var=tmp_path)
    for name, text in (("web.password", "another password"), ("web.hash", "scrypt:0:0:0$x$å")):
        web_login.variables(plan)
        (tmp_path / name).write_text(text)
        password = (tmp_path / "web.password").read_text().strip()

        assert passwords.matches(password, web_login.variables(plan)["WEB_PASSWORD_HASH"])


def test_who_may_sign_in_stays_as_it_is_set(tmp_path):
    given = {"WEB_TRUSTED_HEADER": "X-Person", "WEB_SECRET_KEY": "k" * 32}
    plan = make_plan(SERVERS | given, var=tmp_path)

    assert web_login.variables(plan) == {}
    assert list(tmp_path.glob("web.*")) == []
