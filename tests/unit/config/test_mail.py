"""The mail server of a workspace, from its settings."""

from __future__ import annotations

import pytest

from workers.config.mail import SmtpAccount, faults_of, read_account

PASSWORD = "p@ss word"
URL = "smtp://us%40example.com:p%40ss%20word@mail.example.com"
FROM = "Nordkust Åland <surveys@nordkust.example>"


def account(**values: object) -> SmtpAccount | None:
    given = {"smtp_url": URL, "smtp_from": FROM, **values}
    assert not list(faults_of(given))
    return read_account(given)


def test_without_settings_there_is_no_mail_server():
    assert not list(faults_of({}))
    assert read_account({}) is None


def test_user_and_password_are_decoded():
    found = account()

    assert (found.user, found.password) == ("us@example.com", PASSWORD)
    assert (found.host, found.port) == ("mail.example.com", 587)
    assert (found.sender, found.sender_name) == ("surveys@nordkust.example", "Nordkust Åland")


def test_smtps_is_encrypted_from_the_first_byte_at_its_own_port():
    found = account(smtp_url="smtps://us:word@mail.example.com")

    assert (found.tls_first, found.port) == (True, 465)
    assert not account().tls_first


def test_the_password_is_in_no_representation():
    assert PASSWORD not in repr(account())


@pytest.mark.parametrize(
    ("url", "loopback"),
    [
        ("smtp://127.0.0.1:2525", True),
        ("smtp://[::1]:2525", True),
        ("smtp://localhost", True),
        ("smtp://127.0.0.1.example.com", False),
    ],
)
def test_only_a_server_of_this_machine_needs_no_encryption(url, loopback):
    assert account(smtp_url=url).is_loopback is loopback


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"smtp_from": ""}, {"smtp_from"}),
        ({"smtp_url": ""}, {"smtp_url"}),
        ({"smtp_url": "https://mail.example.com"}, {"smtp_url"}),
        ({"smtp_url": "smtp://us@mail.example.com"}, {"smtp_url"}),
        ({"smtp_url": "smtp://us:pässword@mail.example.com"}, {"smtp_url"}),
        ({"smtp_url": "smtp://mail.example.com/path"}, {"smtp_url"}),
        ({"smtp_url": "smtp://mail.example.com:99999"}, {"smtp_url"}),
        ({"smtp_from": "Nordkust"}, {"smtp_from"}),
        ({"smtp_from": "a@b.example\r\nBcc: c@d.example"}, {"smtp_from"}),
        ({"smtp_per_minute": 0}, {"smtp_per_minute"}),
    ],
)
def test_each_mistake_is_named_without_the_password(values, named):
    found = dict(faults_of({"smtp_url": URL, "smtp_from": FROM, **values}))

    assert set(found) == named
    assert not [text for text in found.values() if "p%40ss" in text or PASSWORD in text]
