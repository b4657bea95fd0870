"""Runs commands, and the settings of a bridge whose servers are unreachable."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from click.testing import CliRunner, Result

from workers.cli.registry import cention as command

SECRET = "callback-secret-of-demo"
UNREACHABLE = {
    "BROKER_URL": "redis://127.0.0.1:1/0",
    "CENTION_URL": "http://127.0.0.1:1/s/demo",
    "CENTION_TOKEN": "sandbox-token",
    "CENTION_CALLBACK_SECRETS": SECRET,
    "CENTION_TIMEZONE": "Europe/Stockholm",
}


@dataclass
class Terminal:
    """Runs commands with their output in a pipe."""

    runner: CliRunner

    def run(self, *words: object, typed: str | None = None) -> Result:
        result = self.runner.invoke(command, list(map(str, words)), input=typed)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    def json(self, *words: object) -> Any:
        return json.loads(self.run(*words, "--json").stdout)
