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
CENTRACX = {
    "CENTRACX_URL": "https://acme.centracx.com",
    "CENTRACX_KEY": "a-key",
    "CENTRACX_SECRET": PASSWORD,
}
ALVARIA = {
    "ALVARIA_ORG": "acme",
    "ALVARIA_CLIENT_ID": "client",
    "ALVARIA_SECRET": PASSWORD,
    "ALVARIA_API_KEY": "x-api-key-of-ours",
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
    assert (surveys.centracx, surveys.alvaria) == (None, None)


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


def test_centracx_takes_answers_in_the_body_unless_the_query_is_chosen(workspace):
    assert workspace(**CENTRACX).surveys.centracx.reply_in == "body"
    assert workspace(**CENTRACX, CENTRACX_REPLY_IN="query").surveys.centracx.reply_in == "query"


def test_an_application_at_alvaria_has_the_addresses_of_its_organisation(workspace):
    alvaria = workspace(**ALVARIA).surveys.alvaria

    assert alvaria.url == "https://acme.via.aspect-cloud.net"
    assert alvaria.token_url == (
        "https://myaspect.id.aspect-cloud.net/tokenservice/oauth2/access_token"
    )
    assert alvaria.scope == "customerexperienceapi"


@pytest.mark.parametrize(
    ("region", "url", "token_host"),
    [
        ("eu", "https://acme.via.aspect-cloud.net", "myaspect.eu.id.aspect-cloud.net"),
        ("uk", "https://acme.via.aspect-cloud.net", "myaspect.uk.id.aspect-cloud.net"),
        ("ca", "https://acme.via.aspect-cloud.net", "myaspect.ca.id.aspect-cloud.net"),
        ("yyz", "https://acme.via.aspect-cloud.net", "myaspect.yyz.id.aspect-cloud.net"),
        ("us-a", "https://acme.via.aspect-cloud.net", "myaspect.us-a.id.aspect-cloud.net"),
        ("gcp", "https://acme.apc.alvaria.cloud", "myaccount.dsm.sre.alvaria.cloud"),
        ("tri", "https://acme.wos.alvaria.cloud", "myaccount.tri1.wss.alvaria.cloud"),
    ],
)
def test_another_region_has_other_addresses(workspace, region, url, token_host):
    alvaria = workspace(**ALVARIA, ALVARIA_REGION=region).surveys.alvaria

    assert alvaria.url == url
    assert alvaria.token_url == f"https://{token_host}/tokenservice/oauth2/access_token"


def test_both_addresses_of_alvaria_and_its_scope_can_be_set(workspace):
    chosen = {
        "ALVARIA_URL": "https://via.example",
        "ALVARIA_TOKEN_URL": "https://id.example/token",
        "ALVARIA_SCOPE": "customerexperienceapi.disposableapp",
    }

    alvaria = workspace(**ALVARIA, **chosen).surveys.alvaria

    assert (alvaria.url, alvaria.token_url, alvaria.scope) == tuple(chosen.values())


def test_a_password_is_in_no_representation(workspace):
    shown = repr(workspace(**DIGIDESK, **RADAR, **CENTRACX, **ALVARIA))

    assert PASSWORD not in shown
    assert "a-key" not in shown
    assert "x-api-key-of-ours" not in shown


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
        ({"CENTRACX_SECRET": PASSWORD}, {"CENTRACX_URL", "CENTRACX_KEY"}),
        ({**CENTRACX, "CENTRACX_KEY": " "}, {"CENTRACX_KEY"}),
        ({**CENTRACX, "CENTRACX_URL": "http://acme.centracx.com"}, {"CENTRACX_URL"}),
        ({**CENTRACX, "CENTRACX_REPLY_IN": "header"}, {"CENTRACX_REPLY_IN"}),
        ({**CENTRACX, "CENTRACX_PER_MINUTE": "0"}, {"CENTRACX_PER_MINUTE"}),
        (
            {"ALVARIA_SECRET": PASSWORD},
            {"ALVARIA_ORG", "ALVARIA_CLIENT_ID", "ALVARIA_API_KEY"},
        ),
        ({**ALVARIA, "ALVARIA_ORG": "acme/.."}, {"ALVARIA_ORG"}),
        ({**ALVARIA, "ALVARIA_REGION": "mars"}, {"ALVARIA_REGION"}),
        ({**ALVARIA, "ALVARIA_TOKEN_URL": "http://id.example"}, {"ALVARIA_TOKEN_URL"}),
        ({**ALVARIA, "ALVARIA_CLIENT_ID": "a:b"}, {"ALVARIA_CLIENT_ID"}),
        ({**ALVARIA, "ALVARIA_API_KEY": "a\nb"}, {"ALVARIA_API_KEY"}),
        ({**ALVARIA, "ALVARIA_API_KEY": "nyckel-å"}, {"ALVARIA_API_KEY"}),
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
