"""The client as a library: five lines of code, without the rest of the bridge."""

from __future__ import annotations

import inspect
import os
import re
import subprocess
import sys
from pathlib import Path
from textwrap import dedent
from typing import get_type_hints

import pytest

from workers.clients import cention as library
from workers.clients import errors

ROOT = Path(__file__).parents[3]
DOCUMENTED_IN = ("deploy/docs/client.md", "workers/clients/cention/__init__.py")
"""The files with the five lines: those indented around ``import connect``."""
INDENTED = re.compile(r"(?:^ {4}.*\n|^\n)+", re.MULTILINE)
IMPORT = "from workers.clients.cention import connect"
REST_OF_THE_BRIDGE = (
    *("psycopg", "psycopg_pool", "celery", "kombu", "redis", "flask", "click", "environs"),
    *("workers.config.settings", "workers.database", "workers.sync", "workers.wiring", "receiver"),
)
PRINT_IMPORTED = "\nimport sys\nprint([name for name in {names!r} if name in sys.modules])\n"


def five_lines(path):
    [found] = [
        block for block in INDENTED.findall((ROOT / path).read_text("utf-8")) if IMPORT in block
    ]
    return dedent(found).strip()


@pytest.mark.parametrize("path", DOCUMENTED_IN)
def test_five_lines_list_the_changed_errands_without_database_and_broker(cention, path):
    errand_id = cention.new_errand()
    code = five_lines(path)
    environment = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "BROKER_URL")}
    environment |= {
        "CENTION_URL": f"{cention.root}/s/demo",
        "CENTION_TOKEN": "sandbox-token",
        "PYTHONPATH": str(ROOT),
    }

    ran = subprocess.run(
        [sys.executable, "-c", code + PRINT_IMPORTED.format(names=REST_OF_THE_BRIDGE)],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )

    assert len([line for line in code.splitlines() if line.strip()]) == 5
    assert ran.stdout.splitlines() == [f"({errand_id},)", "[]"]


def test_every_claim_of_the_workspace_can_be_used(cention):
    api = library.connect(f"{cention.root}/s/demo", token="sandbox-token")
    errand_id = cention.new_errand()
    file = cention.control("attachments", {"bytes": 10})

    assert api.errand_data.fetch_report(errand_id)["data"]["id"] == str(errand_id)
    with api.attachments.fetch(file["type"], file["id"], max_bytes=100) as attachment:
        assert attachment.size_bytes == 10


def test_a_request_with_a_token_without_the_claim_is_refused(cention):
    api = library.connect(f"{cention.root}/s/demo", token="another-token")

    with pytest.raises(errors.Unauthorised):
        api.errand_data.changed_errands()


def test_connecting_sends_nothing_and_shows_no_token():
    api = library.connect("http://127.0.0.1:1/s/demo", token="t0ken-that-is-secret")

    assert "t0ken" not in repr(api) + repr(vars(api))


def test_a_token_that_no_header_can_carry_is_refused_at_once():
    with pytest.raises(ValueError, match="printable"):
        library.connect("http://127.0.0.1:1/s/demo", token="two words")


def claims():
    return vars(library.connect("http://127.0.0.1:1/s/demo", token="token")).items()


@pytest.mark.parametrize(("name", "api"), claims(), ids=list(dict(claims())))
def test_every_method_is_typed_and_documented(name, api):
    methods = inspect.getmembers(
        type(api), lambda one: inspect.isfunction(one) and not one.__name__.startswith("_")
    )

    assert methods
    assert inspect.getdoc(type(api))
    assert "Source: " in (sys.modules[type(api).__module__].__doc__ or "")
    for _, method in methods:
        assert inspect.getdoc(method), method
        parameters = set(inspect.signature(method).parameters) - {"self"}
        assert get_type_hints(method).keys() == parameters | {"return"}, method
