"""Clients whose base URL has no server; ``responses`` answers."""

from __future__ import annotations

import pytest

from workers.clients.cention.attachments import AttachmentsApi
from workers.clients.cention.errand_data import ErrandDataApi
from workers.clients.http import HttpApi, Timeouts

TOKEN = "t0ken-of-the-workspace"


@pytest.fixture
def http() -> HttpApi:
    return HttpApi(
        "cention",
        "https://api.example.test/s/demo/",
        timeouts=Timeouts(connect_s=1, read_s=1, total_s=2),
        max_body_bytes=10_000,
    )


@pytest.fixture
def errand_data(http: HttpApi) -> ErrandDataApi:
    return ErrandDataApi(http, token=TOKEN)


@pytest.fixture
def attachments(http: HttpApi) -> AttachmentsApi:
    return AttachmentsApi(http, token=TOKEN)
