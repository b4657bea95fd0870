"""Files that run the bridge elsewhere name settings, commands and queues that exist."""

from __future__ import annotations

import re

import pytest

from receiver.callback_size import ARRIVING_MAX_BYTES
from tests.architecture.deployment import (
    DEPLOY,
    SETTING,
    SYSTEMD,
    problems_of_command,
    settings,
    unit_lines,
)
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


def test_the_settings_of_all_units_exist():
    text = (SYSTEMD / "settings.env").read_text("utf-8")

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


def test_nginx_lets_arrive_what_the_receiver_does_and_keeps_connections_for_less_time():
    nginx = (DEPLOY / "proxies" / "nginx.conf").read_text("utf-8")
    gunicorn = (DEPLOY / "gunicorn.conf.py").read_text("utf-8")
    kept_s = int(re.findall(r"^keepalive = (\d+)", gunicorn, re.MULTILINE)[0])

    limits = re.findall(r"client_max_body_size (\d+)m;", nginx)
    assert [int(limit) << 20 for limit in limits] == [ARRIVING_MAX_BYTES]
    upstreams = re.findall(r"^upstream .*?^}", nginx, re.MULTILINE | re.DOTALL)
    idle_s = re.findall(r"keepalive_timeout (\d+)s;", "".join(upstreams))
    assert [int(seconds) < kept_s for seconds in idle_s] == [True]


@pytest.mark.parametrize(
    "command",
    [
        "gunicorn --config deploy/no.conf.py wsgi:app",
        "gunicorn --config deploy/gunicorn.conf.py wsgi:other",
        "celery --app workers.other beat",
        "celery --app workers.app worker --queues letters",
        "celery --app workers.app worker --quues fetch",
        "cention migrat",
        "python -m workers",
    ],
)
def test_a_command_that_does_not_exist_is_found(command):
    assert problems_of_command(command.split()) != []
