"""Files that run the bridge elsewhere name settings, commands and queues that exist."""

from __future__ import annotations

import json
import re

import pytest

from receiver.callback_size import ARRIVING_MAX_BYTES
from tests.architecture.deployment import (
    CONTAINER,
    DEPLOY,
    ROOT,
    SYSTEMD,
    image,
    problems_of_command,
    queues,
    services,
    stages,
    unit_lines,
)
from tests.support.env_example import SETTING, settings
from workers.config.names import Queue

UNIT_FILES = sorted(path for path in SYSTEMD.rglob("*") if path.is_file())
OF_SYSTEMD = {"PROCESSES"}  # expanded in a command
UNITS = [path for path in UNIT_FILES if path.suffix in {".service", ".conf"}]


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_a_unit_names_settings_and_commands_that_exist(path):
    lines = list(unit_lines(path))
    set_here = [pair for key, value in lines if key == "Environment" for pair in value.split()]

    assert {pair.split("=")[0] for pair in set_here} - settings() <= OF_SYSTEMD
    assert [
        problem
        for key, value in lines
        if key == "ExecStart"
        for problem in problems_of_command(value.split())
    ] == []


@pytest.mark.parametrize("folder", [SYSTEMD, CONTAINER], ids=lambda path: path.name)
def test_the_settings_of_all_processes_exist(folder):
    text = (folder / "settings.env").read_text("utf-8")

    assert set(SETTING.findall(text)) - settings() == set()


def test_every_secret_that_a_unit_names_is_loaded_under_the_name_of_its_setting():
    for path in UNITS:
        lines = list(unit_lines(path))
        loaded = [value.split(":") for key, value in lines if key == "LoadCredential"]
        named = [
            pair.split("=%d/") for key, value in lines if "=%d/" in value for pair in value.split()
        ]

        assert sorted(name for name, _ in loaded) == sorted(file for _, file in named)
        assert {source for _, source in loaded} == {
            f"/etc/cention/credentials/{name}" for name, _ in loaded
        }
        assert [
            file
            for setting, file in named
            if setting not in ("CENTION_WORKSPACES_FILE", f"{file.upper()}_FILE")
        ] == []


def test_the_target_starts_a_worker_for_every_queue():
    wanted = " ".join(v for k, v in unit_lines(SYSTEMD / "cention.target") if k == "Wants")

    assert set(re.findall(r"cention-worker@(\w+)\.service", wanted)) == set(Queue)


def test_the_target_starts_units_that_exist():
    wanted = " ".join(v for k, v in unit_lines(SYSTEMD / "cention.target") if k == "Wants")

    names = {re.sub(r"@\w+", "@", name) for name in wanted.split()}
    assert [name for name in names if not (SYSTEMD / name).is_file()] == []


@pytest.mark.parametrize("name", services())
def test_a_service_of_the_compose_file_names_settings_secrets_and_commands_that_exist(name):
    service = services()[name]
    environment = service["environment"]
    files = {value for value in environment.values() if value.startswith("/run/secrets/")}

    assert set(environment) - settings() == set()
    assert files == {f"/run/secrets/{secret}" for secret in service["secrets"]}
    assert problems_of_command(service.get("command", ["cention", "check"])) == []


@pytest.mark.parametrize("name", services())
def test_a_service_of_the_compose_file_may_write_nothing_but_its_volume(name):
    service = services()[name]

    assert service["read_only"]
    assert service["tmpfs"] == ["/tmp"]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]


def test_the_compose_file_has_every_process_and_a_worker_for_every_queue():
    commands = [one.get("command", []) for one in services().values()]

    assert {queue for words in commands for queue in queues(words)} == set(Queue)
    assert {"migrate", "receiver-1", "receiver-2", "beat", "web"} <= set(services())
    assert services()["receiver-1"]["volumes"] != services()["receiver-2"]["volumes"]


def test_the_image_takes_what_the_repository_has_and_runs_what_exists():
    build, last = stages()
    copied = [words.split()[1:-1] for words in re.findall(r"^COPY [^-].*$", build, re.MULTILINE)]
    set_here = re.findall(r"\b([A-Z][A-Z_]+)=", last)

    assert [name for names in copied for name in names if not (ROOT / name).exists()] == []
    assert {name.split("/")[0] for names in copied for name in names} == {
        *("README.md", "pyproject.toml", "setup.cfg", "wsgi.py"),
        *("deploy", "receiver", "schemas", "workers"),
    }
    assert "--require-hashes --requirement deploy/requirements.lock" in build
    assert set(set_here) - settings() == {"PATH"}
    assert problems_of_command(json.loads(re.findall(r"^CMD (.+)$", last, re.MULTILINE)[0])) == []


def test_the_last_stage_has_no_compiler_and_no_rights():
    last = stages()[1]

    assert re.findall(r"gcc|-dev\b|venv|pip", last) == []
    assert re.findall(r"^(?:USER|STOPSIGNAL|VOLUME) .*$", last, re.MULTILINE) == [
        "VOLUME /var/lib/cention",
        "USER 10001:10001",
        "STOPSIGNAL SIGTERM",
    ]
    assert image() in (CONTAINER / "Containerfile").read_text("utf-8")


def test_nginx_lets_arrive_what_the_receiver_does_and_keeps_connections_for_less_time():
    nginx = (DEPLOY / "proxies" / "nginx.conf").read_text("utf-8")
    gunicorn = (DEPLOY / "gunicorn.conf.py").read_text("utf-8")
    kept_s = int(re.findall(r"^keepalive = (\d+)", gunicorn, re.MULTILINE)[0])

    limits = re.findall(r"client_max_body_size (\d+)m;", nginx)
    assert [int(limit) << 20 for limit in limits] == [ARRIVING_MAX_BYTES]
    upstreams = re.findall(r"^upstream .*?^}", nginx, re.MULTILINE | re.DOTALL)
    idle_s = re.findall(r"keepalive_timeout (\d+)s;", "".join(upstreams))
    assert [int(seconds) < kept_s for seconds in idle_s] == [True]


def test_caddy_lets_arrive_what_the_receiver_does_and_sets_no_limit_that_it_answers_with_200():
    caddy = (DEPLOY / "proxies" / "Caddyfile").read_text("utf-8")

    limits = re.findall(r"\bmax_size (\d+)MiB$", caddy, re.MULTILINE)
    assert [int(limit) << 20 for limit in limits] == [ARRIVING_MAX_BYTES]
    assert re.findall(r"^\s*read_body", caddy, re.MULTILINE) == []


@pytest.mark.parametrize(
    "command",
    [
        "gunicorn --config conf/no.conf.py wsgi:app",
        "gunicorn --config deploy/gunicorn.conf.py wsgi:app",
        "gunicorn --config conf/gunicorn.conf.py wsgi:other",
        "celery --app workers.other beat",
        "celery --app workers.app worker --queues letters",
        "celery --app workers.app worker --quues fetch",
        "cention migrat",
        "python -m workers",
    ],
)
def test_a_command_that_does_not_exist_is_found(command):
    assert problems_of_command(command.split()) != []
