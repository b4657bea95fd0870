"""The pages tell nobody of a visit, run nothing, and write nothing when they are only looked at."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from playwright.sync_api import expect

from tests.support.databases import run_query
from tests.system.states import ANSWERS, STATES, reply

TIMES = 1000
HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}
POLICY = {"default-src 'none'", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'"}


@pytest.mark.parametrize("state", STATES)
def test_a_page_sets_no_cookie_asks_only_this_host_and_runs_nothing(site, open_tab, state):
    tab = open_tab(java_script_enabled=True)  # it could run
    asked, said = [], []
    tab.on("request", lambda request: asked.append(request.url))
    tab.on("console", lambda message: said.append(message.text))
    answers = []
    tab.on("response", lambda response: answers.append(response))

    STATES[state](site, tab, "en")

    assert all(url.startswith((f"{site.root}/s", "data:,")) for url in asked)
    assert not [text for text in said if not text.startswith("Failed to load resource")]
    assert tab.context.cookies() == []
    assert tab.title() != "ran"
    assert tab.locator("script, main img, svg, iframe").count() == 0
    page = answers[-1]
    assert HEADERS.items() <= {name.title(): page.headers[name.lower()] for name in HEADERS}.items()
    policy = page.headers["content-security-policy"].split("; ")
    assert set(policy) >= POLICY
    assert [one for one in policy if one.startswith("style-src 'sha256-")]
    assert "set-cookie" not in page.headers
    assert page.request.headers.get("referer") is None
    assert len(page.body()) <= 20 * 1024


def test_a_hostile_answer_comes_back_as_text(site, open_tab):
    tab = open_tab(java_script_enabled=True)
    text = "</textarea><script>document.title='ran'</script>\u202e 👩‍👩‍👧‍👦"
    link = site.invite("hostile")
    reply(link.url, "1")
    tab.goto(link.url)
    tab.get_by_role("textbox").fill(text.ljust(4001, "x"))
    tab.get_by_role("button").click()
    expect(tab.get_by_role("alert")).to_be_visible()
    expect(tab.get_by_role("textbox")).to_have_value(text.ljust(4001, "x"))

    tab.get_by_role("textbox").fill(text.ljust(4000, "x"))
    tab.get_by_role("button").click()

    expect(tab.get_by_role("heading", level=1)).to_have_text("Thank you")
    assert site.answers(link)[1]["comment"] == text.ljust(4000, "x")


def test_a_thousand_gets_of_every_link_change_no_row(site):
    fresh, under_way, done, stop, gone = (site.invite() for _ in range(5))
    reply(under_way.url, "9")
    reply(done.url, *ANSWERS)
    site.change(gone, "expires_at = now()")
    reply(site.chat("dialog-of-gets"), "9")
    urls = [
        fresh.url,
        f"{fresh.url}?a=9",
        f"{fresh.url}?q=1&answer=9&begin=1&end=1&stop=1",
        under_way.url,
        done.url,
        stop.stop,
        f"{stop.stop}?stop=1&List-Unsubscribe=One-Click",
        gone.url,
        site.invite(centracx=2).url,
        site.chat("dialog-of-gets"),
        site.chat("dialog-that-is-new"),
    ]
    before = everything(site)

    def get(url: str) -> set[int]:
        with requests.Session() as session:
            return {session.get(url, timeout=30).status_code for _ in range(TIMES)}

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(get, urls)) == [{200}] * len(urls)

    assert everything(site) == before


def everything(site):
    """Return a digest of the rows of every table."""
    tables = run_query(
        site.database,
        "SELECT quote_ident(table_schema) || '.' || quote_ident(table_name) AS name"
        " FROM information_schema.tables"
        " WHERE table_schema IN ('feedback', 'intake', 'cention') AND table_type = 'BASE TABLE'",
    )
    digest = "SELECT md5(string_agg(one::text, ',' ORDER BY one::text)) FROM {} AS one"
    return {one["name"]: run_query(site.database, digest.format(one["name"])) for one in tables}
