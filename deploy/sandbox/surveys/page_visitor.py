"""Answers a survey on its pages, as a browser without JavaScript would."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, field
from urllib.parse import urljoin

import aiohttp
from lxml import html
from lxml.etree import ParserError
from lxml.html import FormElement, HtmlElement

MAX_PAGES = 60  # of one visit
MAX_WAITS = 90  # pages that refresh themselves
MAX_FAILURES = 60  # of one page, a second apart
RETRY_S = 1.0
SHARE_STOPPING = 0.05  # of the pages that have a button to stop here
BUSY = frozenset({429, 503})
COMMENTS = ("", "Snabbt och bra", 'They said "soon" 🐌', "Kaikki hyvin & kiitos", "<b>7</b> av 10")


@dataclass(slots=True)
class Given:
    """An answer that a visitor gave, with the words of the question."""

    question: str
    answer: str
    following: str | None = None  # the heading of the page in answer; None: none has come


@dataclass(slots=True, kw_only=True)
class Visit:
    """What a visitor did on the pages of one survey."""

    url: str = field(repr=False)
    outcome: str = "under way"  # then "finished", "gave up", "no page" or "HTTP 404"
    answers: list[Given] = field(default_factory=list)


class _GaveUp(Exception):
    """The visitor leaves; its text is the outcome."""


@dataclass(frozen=True, kw_only=True)
class Visitor:
    """Visits surveys. ``pause_s`` is the longest time that it looks at a page."""

    session: aiohttp.ClientSession
    rng: random.Random
    pause_s: float = 1.0
    share_twice: float = 0.0  # of the forms that are sent twice at once, by a double click

    async def visit(self, visit: Visit) -> None:
        """Answer question after question until a page has nothing to send."""
        try:
            page = await self._load("GET", visit.url)
            for _ in range(MAX_PAGES):
                page = await self._wait(page)
                form = self._form(page)
                if form is None:
                    visit.outcome = "finished"
                    return
                await asyncio.sleep(self.rng.uniform(0, self.pause_s))
                page = await self._send(page, form, visit)
            raise _GaveUp("gave up")
        except _GaveUp as error:
            visit.outcome = str(error)
        except (ParserError, ValueError):
            visit.outcome = "no page"

    async def _load(
        self, method: str, url: str, data: list[tuple[str, str]] | None = None
    ) -> HtmlElement:
        """Return a page after all redirections; a failure is tried again, as a person would."""
        for _ in range(MAX_FAILURES):
            try:
                async with self.session.request(method, url, data=data) as response:
                    text = await response.text()
                    if response.status == 200:
                        return html.fromstring(text, base_url=str(response.url))
                    if response.status not in BUSY:
                        raise _GaveUp(f"HTTP {response.status}")
            except (aiohttp.ClientError, TimeoutError):
                pass
            await asyncio.sleep(RETRY_S)
        raise _GaveUp("gave up")

    async def _wait(self, page: HtmlElement) -> HtmlElement:
        """Load a page again as often as it asks for it."""
        for _ in range(MAX_WAITS):
            [*refresh] = page.xpath("//meta[@http-equiv='refresh']/@content")
            if not refresh:
                return page
            await asyncio.sleep(float(str(refresh[0]).partition(";")[0]))
            page = await self._load("GET", str(page.base_url))
        raise _GaveUp("gave up")

    def _form(self, page: HtmlElement) -> FormElement | None:
        """Return the form to send: that of the question, at times the one to stop here."""
        forms = [form for form in page.forms if (form.method or "").upper() == "POST"]
        if len(forms) > 1 and self.rng.random() < SHARE_STOPPING:
            return forms[1]
        return forms[0] if forms else None

    async def _send(self, page: HtmlElement, form: FormElement, visit: Visit) -> HtmlElement:
        """Fill a form in and send it; return the next page."""
        answer = self._filled(form)
        button = form.xpath(".//button[@type='submit' and @name]")
        pairs = [(str(name), str(value)) for name, value in form.form_values()]
        pairs += [(str(one.get("name")), str(one.get("value") or "")) for one in button[:1]]
        action, base = form.get("action") or "", str(page.base_url)
        # "?" alone is an empty query for a browser, and the query of the page for urljoin().
        target = urljoin(base.partition("?")[0] if action.startswith("?") else base, action)
        if answer is None:
            return await self._load("POST", target, pairs)
        given = Given(_heading_of(page), answer)
        visit.answers.append(given)
        clicks = 2 if self.rng.random() < self.share_twice else 1
        following, *_ = await asyncio.gather(
            *(self._load("POST", target, pairs) for _ in range(clicks))
        )
        given.following = _heading_of(following)
        return following

    def _filled(self, form: FormElement) -> str | None:
        """Answer a form; return the answer in its words, ``None`` if it asks for none."""
        radios = form.xpath(".//input[@type='radio']")
        if radios:
            chosen = self.rng.choice(radios)
            chosen.set("checked", "checked")
            for other in radios:
                if other is not chosen:
                    other.attrib.pop("checked", None)
            return str(chosen.get("value"))
        for area in form.xpath(".//textarea"):
            area.value = area.value.strip() or self._comment()
            return str(area.value)
        return None

    def _comment(self) -> str:
        """Return an empty comment, or one that nobody else gives."""
        comment = self.rng.choice(COMMENTS)
        return f"{comment} ({self.rng.getrandbits(40):x})" if comment else ""


def _heading_of(page: HtmlElement) -> str:
    headings = page.xpath("//h1")
    return " ".join(headings[0].text_content().split()) if headings else ""
