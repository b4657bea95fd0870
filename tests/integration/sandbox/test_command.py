"""The command ``python -m deploy.sandbox``."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import requests
from click.testing import CliRunner

from deploy.sandbox.__main__ import main
from deploy.sandbox.http.faults import FaultName


@contextmanager
def process(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Start the command on a free port; yields the process and its first lines."""
    command = [sys.executable, "-m", "deploy.sandbox", "--port", "0", *arguments]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", "SANDBOX_TOKEN": "not-to-be-printed"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as running:
        assert running.stdout is not None
        try:
            lines = []
            while not lines or "c3_dirty_errand_list" not in lines[-1]:
                lines.append(running.stdout.readline())
                assert lines[-1], "it ended before it printed its address"
            yield running, "".join(lines)
        finally:
            running.kill()


def test_it_prints_its_address_and_an_example_and_no_secret():
    with process("--workspace", "a b") as (_running, first_lines):
        [url] = re.findall(r"Workspace +(\S+)", first_lines)
        response = requests.get(
            f"{url}/capi/json/c3_dirty_errand_list",
            headers={"Authorization": "Bearer not-to-be-printed"},
            timeout=10,
        )

    assert response.status_code == 200
    assert url.startswith("http://127.0.0.1:")
    assert "curl -H" in first_lines
    assert "not-to-be-printed" not in first_lines


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it_at_once_even_during_a_request(number):
    with process("--fault", "latency=1,seconds=60") as (running, first_lines):
        [url] = re.findall(r"Workspace +(\S+)", first_lines)
        waiting = threading.Thread(target=request_in_vain, args=(url,))
        waiting.start()
        while not requests.get(f"{url[:-7]}/sandbox/stats", timeout=10).json()["requests"]:
            time.sleep(0.02)

        before = time.monotonic()
        running.send_signal(number)

        assert running.wait(timeout=2) == 0
        assert time.monotonic() - before < 2
        waiting.join(10)


def test_the_help_explains_every_fault_and_shows_an_example():
    text = CliRunner().invoke(main, ["--help"]).output

    assert all(name.value in text for name in FaultName)
    assert "python -m deploy.sandbox --port" in text


@pytest.mark.parametrize(
    "arguments",
    [
        ["--timezone", "Mars/Base"],
        ["--callback-url", "localhost:8000"],
        ["--fault", "earthquake=1"],
        ["--fault", "busy=2"],
    ],
)
def test_a_wrong_option_is_named(arguments):
    result = CliRunner().invoke(main, arguments)

    assert result.exit_code == 2
    assert arguments[0] in result.output


def test_a_port_that_is_in_use_is_an_error_in_plain_words():
    with process() as (_running, first_lines):
        [port] = re.findall(r"Workspace +http://127.0.0.1:(\d+)", first_lines)

        result = CliRunner().invoke(main, ["--port", port])

    assert result.exit_code == 1
    assert "cannot listen" in result.output


def request_in_vain(url):
    headers = {"Authorization": "Bearer not-to-be-printed"}
    with pytest.raises(requests.RequestException):
        requests.get(f"{url}/capi/json/c3_dirty_errand_list", headers=headers, timeout=30)
