"""The mail that invites to a survey: subject, text, and the same in simple HTML."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape

from schemas.surveys.mail_texts import DISPLAY_ID, LINK, NAME, MailTexts
from schemas.surveys.questions import text_in
from workers.surveys.rules.mail_wording import Wording, wording_in

_PAGE = """\
<!doctype html>
<html lang="{language}"><head><meta charset="utf-8"><title>{subject}</title></head>
<body style="font-family: sans-serif; font-size: 16px; line-height: 1.5">
{paragraphs}
<hr>
<p style="font-size: 14px">{stop} <a href="{stop_link}">{stop_link}</a></p>
</body></html>
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What an invitation by mail is written from, beside the invitation."""

    token: str = field(repr=False)  # of its link
    company: str | None  # the name in the theme
    texts: MailTexts | None  # the rule's own


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationMail:
    """The texts of one mail."""

    subject: str = field(repr=False)
    text: str = field(repr=False)
    html: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressee:
    """What the texts say of the person."""

    name: str | None = field(repr=False)
    display_id: str
    language: str | None


def write_mail(letter: Letter, to: Addressee, *, link: str, stop_link: str) -> InvitationMail:
    """Write the mail in the language of the addressee, or in one that there is."""
    language, usual = wording_in(to.language)
    own = letter.texts
    subjects = (own and own.subject) or {language: _usual_subject(usual, letter.company)}
    bodies = (own and own.body) or {language: usual.body}
    said = {NAME: to.name or "", DISPLAY_ID: to.display_id}
    subject = " ".join(_filled(text_in(language, subjects), said).split())
    body = _filled(text_in(language, bodies), said | {LINK: link}).strip()
    if letter.company and not (own and own.body):
        body = f"{body}\n\n{letter.company}"
    return InvitationMail(
        subject=subject,
        text=f"{body}\n\n---\n{usual.stop}\n{stop_link}\n",
        html=_PAGE.format(
            language=language,
            subject=escape(subject),
            paragraphs="\n".join(_paragraphs(body, link)),
            stop=escape(usual.stop),
            stop_link=escape(stop_link),
        ),
    )


def _usual_subject(usual: Wording, company: str | None) -> str:
    # A brace in the name is no placeholder.
    name = (company or "").replace("{", "{{").replace("}", "}}")
    return usual.subject_of.replace("{company}", name) if company else usual.subject


def _filled(template: str, said: Mapping[str, str]) -> str:
    return template.format_map(said)


def _paragraphs(body: str, link: str) -> list[str]:
    anchor = f'<a href="{escape(link)}">{escape(link)}</a>'
    return [
        f"<p>{escape(part.strip()).replace(escape(link), anchor)}</p>".replace("\n", "<br>")
        for part in body.split("\n\n")
        if part.strip()
    ]
