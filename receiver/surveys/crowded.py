"""The page for those who find too many others before them: no thread is free to render one."""

from __future__ import annotations

from functools import cache
from html import escape

from receiver.surveys.language import texts_in
from schemas.surveys.questions import LANGUAGES

HEADERS = (
    ("content-type", "text/html; charset=utf-8"),
    ("content-security-policy", "default-src 'none'; base-uri 'none'; frame-ancestors 'none'"),
    ("cache-control", "no-store"),
    ("referrer-policy", "no-referrer"),
    ("x-content-type-options", "nosniff"),
    ("x-robots-tag", "noindex"),
)


@cache
def crowded_page() -> bytes:
    """Return the page, in every language. Loading it again sends the form again."""
    parts = "".join(
        f'<div lang="{language}"><h1>{escape(texts_in(language)("busy_title"))}</h1>'
        f"<p>{escape(texts_in(language)('busy_text'))}</p></div>\n"
        for language in LANGUAGES
    )
    title = escape(texts_in(LANGUAGES[0])("busy_title"))
    return (
        f'<!doctype html>\n<html lang="{LANGUAGES[0]}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f"<title>{title}</title></head>\n<body><main>\n{parts}</main></body></html>\n"
    ).encode()
