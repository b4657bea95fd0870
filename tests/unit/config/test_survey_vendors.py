"""The accounts at survey vendors, from variables and from the workspaces file."""

from __future__ import annotations

import pytest

from tests.integration.terminal import UNREACHABLE
from workers.config.settings import load_settings
from workers.config.workspaces import SettingsError, WorkspaceSettings

PASSWORD = "a-password-of-a-vendor"
DIGIDESK = {"DIGIDESK_USER": "us", "DIGIDESK_PASSWORD": PASSWORD}
RADAR = {
    "CUSTOMER_RADAR_USER": "us",
    "CUSTOMER_RADAR_PASSWORD": PASSWORD,
    "CUSTOMER_RADAR_CLIENT": "client",
}


@pytest.fixture
def workspace(monkeypatch, tmp_path):
    """Read the settings with more variables, and return the workspace."""

    def read(**variables: str) -> WorkspaceSettings:
        monkeypatch.chdir(tmp_path)
        for name, value in {"DATABASE_URL": "x", **UNREACHABLE, **variables}.items():
            monkeypatch.setenv(name, value)
        [only] = load_settings().workspaces
        return only

    return read


def test_without_a_user_no_vendor_is_used(workspace):
    surveys = workspace().surveys

    assert (surveys.digidesk, surveys.customer_radar) == (None, None)


def test_an_account_has_the_vendors_own_address_and_sixty_invitations_a_minute(workspace):
    digidesk = workspace(**DIGIDESK).surveys.digidesk

    assert (digidesk.user, digidesk.password) == ("us", PASSWORD)
    assert (digidesk.url, digidesk.per_minute) == (None, 60)


def test_address_client_and_pace_can_be_set(workspace):
    url = "https://radar.example/api"
    radar = workspace(
        **RADAR, CUSTOMER_RADAR_URL=url, CUSTOMER_RADAR_PER_MINUTE="7"
    ).surveys.customer_radar

    assert (radar.url, radar.client, radar.per_minute) == (url, "client", 7)


def test_a_password_is_in_no_representation(workspace):
    assert PASSWORD not in repr(workspace(**DIGIDESK, **RADAR))


@pytest.mark.parametrize(
    ("variables", "named"),
    [
        ({"DIGIDESK_USER": "us"}, {"DIGIDESK_PASSWORD"}),
        (
            {"CUSTOMER_RADAR_PASSWORD": PASSWORD},
            {"CUSTOMER_RADAR_USER", "CUSTOMER_RADAR_CLIENT"},
        ),
        ({**DIGIDESK, "DIGIDESK_URL": "http://digidesk.example/x"}, {"DIGIDESK_URL"}),
        ({**DIGIDESK, "DIGIDESK_PER_MINUTE": "0"}, {"DIGIDESK_PER_MINUTE"}),
        ({**DIGIDESK, "DIGIDESK_USER": "a:b"}, {"DIGIDESK_USER"}),
    ],
)
def test_every_mistake_is_named_without_the_password(workspace, variables, named):
    with pytest.raises(SettingsError) as caught:
        workspace(**variables)

    assert set(caught.value.problems) == named
    assert PASSWORD not in str(caught.value)


def test_in_the_workspaces_file_the_names_are_in_lower_case(workspace, tmp_path):
    file = tmp_path / "workspaces.toml"
    file.write_text(
        '[demo]\nurl = "https://cention.example/s/demo"\n[demo.surveys]\n'
        f'digidesk_user = "us"\ndigidesk_password = "{PASSWORD}"\ndigidesk_per_minute = 5\n'
    )

    assert workspace(CENTION_WORKSPACES_FILE=str(file)).surveys.digidesk.per_minute == 5


def test_mistakes_in_the_workspaces_file_are_named_with_their_table(workspace, tmp_path):
    file = tmp_path / "workspaces.toml"
    file.write_text(
        '[demo]\nurl = "https://cention.example/s/demo"\n[demo.surveys]\n'
        'digidesk_user = "us"\ndigidesk_key = "x"\ndigidesk_per_minute = "5"\n'
    )

    with pytest.raises(SettingsError) as caught:
        workspace(CENTION_WORKSPACES_FILE=str(file))

    place = "CENTION_WORKSPACES_FILE [demo] surveys"
    assert set(caught.value.problems) == {
        f"{place} digidesk_key",
        f"{place} digidesk_per_minute",
        f"{place} digidesk_password",
    }
