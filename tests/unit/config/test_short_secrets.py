"""Secrets that can be guessed are refused, unless an operator allows them."""

from __future__ import annotations

import pytest

from workers.config.settings import load_settings
from workers.config.workspaces import SettingsError


@pytest.fixture
def environment(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    for name, value in {
        "DATABASE_URL": "postgresql://127.0.0.1:1/x",
        "BROKER_URL": "redis://127.0.0.1:1/0",
        "CENTION_URL": "http://127.0.0.1:1/s/demo",
        "CENTION_CALLBACK_SECRETS": "sixteen-letters!",
    }.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


@pytest.mark.parametrize("name", ["CENTION_CALLBACK_SECRETS", "SURVEY_PUSH_SECRETS"])
def test_a_short_secret_is_refused_beside_a_long_one_and_is_not_quoted(environment, name):
    environment.setenv(name, "sixteen-letters!, fifteen-letters")

    with pytest.raises(SettingsError, match=f"{name}.*CENTION_ALLOW_SHORT_SECRETS=true") as raised:
        load_settings()

    assert "fifteen-letters" not in str(raised.value)


def test_a_short_secret_of_a_file_is_reported_by_its_workspace(environment, tmp_path):
    file = tmp_path / "workspaces.toml"
    file.write_text('[demo]\nurl = "http://127.0.0.1:1/s/demo"\ncallback_secrets = ["text"]')
    environment.setenv("CENTION_WORKSPACES_FILE", str(file))

    with pytest.raises(
        SettingsError, match=r"\[demo\] callback_secrets: A secret has fewer than 16"
    ):
        load_settings()


def test_sixteen_characters_and_what_an_operator_allows_are_accepted(environment):
    assert load_settings().workspaces[0].callback_secrets == ("sixteen-letters!",)
    environment.setenv("CENTION_CALLBACK_SECRETS", "text")
    environment.setenv("CENTION_ALLOW_SHORT_SECRETS", "true")
    assert load_settings().workspaces[0].callback_secrets == ("text",)
