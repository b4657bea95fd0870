"""The texts of invitations by mail."""

from __future__ import annotations

import pytest
from lxml import html

from schemas.surveys.mail_texts import MailTexts
from schemas.surveys.questions import LANGUAGES
from workers.surveys.rules.invitation_mail import Addressee, InvitationMail, Letter, write_mail

LINK = "https://ask.example.com/s/token"
STOP = f"{LINK}/stop"


def mail(
    *,
    language: str | None = "en",
    name: str | None = "Karin",
    company: str | None = "Nordkust",
    texts: MailTexts | None = None,
) -> InvitationMail:
    return write_mail(
        Letter(token="token", company=company, texts=texts),
        Addressee(name=name, display_id="2256-1", language=language),
        link=LINK,
        stop_link=STOP,
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_has_its_own_texts_with_both_links(language):
    written = mail(language=language)

    assert written.text.count(f"{LINK}\n") == 1
    assert written.text.endswith(f"{STOP}\n")
    assert "2256-1" in written.text
    assert html.fromstring(written.html).get("lang") == language
    assert language == "en" or written.subject != mail().subject


@pytest.mark.parametrize("language", [None, "fr"])
def test_without_a_language_of_ours_it_is_in_english(language):
    assert mail(language=language) == mail(language="en")


def test_the_html_part_says_the_same_and_loads_nothing():
    root = html.fromstring(mail().html)

    assert [a.get("href") for a in root.iter("a")] == [LINK, STOP]
    assert not list(root.iter("img", "script", "link", "style", "iframe"))
    assert "2256-1" in root.text_content()


def test_a_company_writes_its_own_texts():
    texts = MailTexts(
        subject={"sv": "Ärende {display_id}"}, body={"sv": "Hej {name},\n\nsvara: {link}"}
    )
    written = mail(language="sv", texts=texts)

    assert written.subject == "Ärende 2256-1"
    assert written.text.startswith(f"Hej Karin,\n\nsvara: {LINK}\n")
    assert STOP in written.text


def test_a_name_is_a_text_in_the_html_part():
    texts = MailTexts(subject={}, body={"en": "Hello {name}: {link}"})

    written = mail(name='<img src="x">', texts=texts)

    assert not list(html.fromstring(written.html).iter("img"))


def test_a_name_with_braces_is_no_placeholder():
    texts = MailTexts(subject={"en": "{name}"}, body={})

    assert mail(name="{link}", texts=texts).subject == "{link}"
    assert mail(company="A {link} B").subject == "How did A {link} B do?"


def test_without_a_name_its_place_is_empty():
    texts = MailTexts(subject={"en": "Hello {name}"}, body={})

    assert mail(name=None, texts=texts).subject == "Hello"


def test_without_a_theme_no_company_is_named():
    assert mail(company=None).subject == "How did we do?"
