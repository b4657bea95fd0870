"""Settings of the web face: who may sign in, and every mistake with its name."""

from __future__ import annotations

import pytest

from tests.support.web import HASH, KEY
from workers.config.settings import load_settings
from workers.config.web import Role
from workers.config.workspaces import SettingsError

BRIDGE = {
    "DATABASE_URL": "postgresql://db/cention",
    "BROKER_URL": "redis://broker",
    "CENTION_URL": "https://cention.test/s/demo",
}


@pytest.fixture
def web(monkeypatch, tmp_path):
    """Read the settings of the web face from these variables."""
    monkeypatch.chdir(tmp_path)

    def read(**given):
        for name, value in (BRIDGE | given).items():
            monkeypatch.setenv(name, value)
        return load_settings().web

    return read


@pytest.fixture
def users_file(tmp_path):
    def write(text):
        (tmp_path / "users.toml").write_text(text)
        return "users.toml"

    return write


def test_it_is_off_and_needs_no_key_while_nobody_can_sign_in(web):
    assert not web().enabled
    assert web().bind == "127.0.0.1:8002"


def test_the_password_is_that_of_the_operator(web):
    [user] = web(WEB_PASSWORD_HASH=HASH, WEB_SECRET_KEY=KEY).users

    assert (user.name, user.role) == ("operator", Role.OPERATOR)
    assert HASH not in repr(user)


def test_people_of_the_file_are_added(web, users_file):
    file = users_file(f'[[user]]\nname = "anna"\nrole = "analyst"\nhash = "{HASH}"\n')

    found = web(WEB_PASSWORD_HASH=HASH, WEB_USERS_FILE=file, WEB_SECRET_KEY=KEY)

    assert [(user.name, user.role) for user in found.users] == [
        ("operator", "operator"),
        ("anna", "analyst"),
    ]


TABLE = f'[[user]]\nname = "anna"\nrole = "analyst"\nhash = "{HASH}"\n'


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "Write one table [[user]]"),
        ("user = 5", "Write one table [[user]]"),
        (f"{TABLE}[other]", "Write one table [[user]]"),
        ('[[user]]\nname = "anna"', "User 1: write name, role and hash"),
        (TABLE.replace('"anna"', '" "'), "User 1 has no name."),
        (TABLE.replace("analyst", "chief"), "User 1: the role is analyst or operator."),
        (TABLE.replace("scrypt", "plain"), "User 1: the hash is what cention web password prints."),
        (TABLE * 2, "'anna' is there twice."),
        (TABLE.replace("anna", "operator"), "'operator' is there twice."),
        ("[[user", "Expected ']]'"),
    ],
)
def test_a_mistake_in_the_file_is_told(web, users_file, text, problem):
    with pytest.raises(SettingsError) as error:
        web(WEB_USERS_FILE=users_file(text), WEB_PASSWORD_HASH=HASH, WEB_SECRET_KEY=KEY)

    assert "WEB_USERS_FILE" in str(error.value)
    assert problem in str(error.value)
    assert HASH not in str(error.value)


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({"WEB_PASSWORD_HASH": HASH}, "WEB_SECRET_KEY"),
        ({"WEB_PASSWORD_HASH": HASH, "WEB_SECRET_KEY": "short"}, "WEB_SECRET_KEY"),
        ({"WEB_PASSWORD_HASH": "my password", "WEB_SECRET_KEY": KEY}, "WEB_PASSWORD_HASH"),
        ({"WEB_USERS_FILE": "nowhere.toml", "WEB_SECRET_KEY": KEY}, "WEB_USERS_FILE"),
        ({"WEB_TRUSTED_HEADER": "X-Person", "WEB_SECRET_KEY": KEY}, "WEB_TRUSTED_PROXIES"),
        ({"WEB_TRUSTED_HEADER": "X Person:"}, "WEB_TRUSTED_HEADER"),
        (
            {
                "WEB_TRUSTED_HEADER": "X-Person",
                "WEB_TRUSTED_PROXIES": "10.0.0.7",
                "WEB_SECRET_KEY": KEY,
                "WEB_BIND": "unix:/run/web.sock",
            },
            "WEB_TRUSTED_HEADER",
        ),
        ({"WEB_TRUSTED_PROXIES": "10.0.0.0/8, proxy"}, "WEB_TRUSTED_PROXIES"),
        ({"WEB_BIND": "somewhere"}, "WEB_BIND"),
    ],
)
def test_each_mistake_is_told_by_its_name_and_without_a_secret(web, given, name):
    with pytest.raises(SettingsError) as error:
        web(**given)

    assert name in str(error.value)
    assert "my password" not in str(error.value)
    assert HASH not in str(error.value)


def test_a_proxy_may_name_the_person(web):
    found = web(
        WEB_TRUSTED_HEADER="X-Person",
        WEB_TRUSTED_PROXIES="10.0.0.7, fd00::/8",
        WEB_GROUPS_HEADER="X-Groups",
        WEB_OPERATOR_GROUPS="bridge, night shift",
        WEB_SECRET_KEY=KEY,
    )

    assert found.enabled
    assert list(map(str, found.trusted_proxies)) == ["10.0.0.7/32", "fd00::/8"]
    assert found.operator_groups == {"bridge", "night shift"}
