"""A workspace that environment variables describe."""

from __future__ import annotations

import pytest

from workers.config.settings import load_settings
from workers.config.workspaces import SettingsError


@pytest.fixture
def environment(monkeypatch, tmp_path):
    """Set the required settings in an empty working directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CENTION_WORKSPACES_FILE", raising=False)
    monkeypatch.setenv("DATABASE_URL", "postgresql://127.0.0.1:1/nowhere")
    monkeypatch.setenv("BROKER_URL", "redis://127.0.0.1:1/0")
    monkeypatch.setenv("CENTION_URL", "https://api.example.test/s/demo")
    return monkeypatch


def test_an_address_names_the_workspace(environment):
    assert [each.name for each in load_settings().workspaces] == ["demo"]


def test_an_empty_address_is_a_mistake_and_not_a_bridge_without_workspaces(environment):
    environment.setenv("CENTION_URL", "")

    with pytest.raises(SettingsError) as error:
        load_settings()

    assert error.value.problems == {"CENTION_URL": ["It is empty."]}


@pytest.mark.parametrize(
    "name", ["a/b", "a b", "a%2Fb", "a?b", "a#b", "..", "a\\b", "a\tb", "a" * 101]
)
def test_a_name_that_cannot_stand_in_a_url_is_a_mistake(environment, name):
    environment.setenv("CENTION_WORKSPACE", name)

    with pytest.raises(SettingsError) as error:
        load_settings()

    [problem] = error.value.problems["CENTION_WORKSPACE"]
    assert problem.startswith("Must have letters, digits and signs, but no space")


@pytest.mark.parametrize("name", ["demo", "kundtjänst", "a.b-c_d", "a" * 100])
def test_a_name_may_have_any_letters(environment, name):
    environment.setenv("CENTION_WORKSPACE", name)

    assert [each.name for each in load_settings().workspaces] == [name]
