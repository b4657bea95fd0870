"""The web face in a real browser: what people do there, hostile texts, axe, widths, looks."""

from __future__ import annotations

import re
import tempfile
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.sync_api import TimeoutError

from tests.support.databases import database_copy, run_query
from tests.support.operator_worker import Worker
from tests.support.web import add_errand
from tests.system.page_faults import violations
from tests.system.web_site import web_site

FIGURES = "/figures?from=2025-03-10&to=2025-04-03"
PAGES = {
    "now": "/",
    "errands": "/errands",
    "figures": FIGURES,
    "troubles": "/troubles",
    "surveys": "/surveys",
    "preview": "/surveys/previews/1",
    "privacy": "/privacy",
    "dry-run": "/privacy/requests/2",
    "settings": "/settings",
    "errand": "/errands/demo/8",  # the last, with a frame
}
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 320, "height": 640}
# What reaches beyond the window, but for what is only read aloud, the link to the content, and what
# scrolls within a frame of its own.
_OUTSIDE = """() => [...document.querySelectorAll('body *')].filter(one => {
  const box = one.getBoundingClientRect();
  return !one.closest('.skip, .hidden, thead, .scroll > *') && box.width > 0
    && (box.left < -1 || box.right > innerWidth + 1);
}).map(one => one.outerHTML.slice(0, 100))
.concat(document.scrollingElement.scrollWidth > innerWidth ? ['sideways'] : [])"""


@pytest.fixture(scope="module")
def folder():
    with tempfile.TemporaryDirectory(prefix="cention-tests-") as made:
        yield Path(made)


@pytest.fixture(scope="module")
def web(postgres, template, valkey, folder):
    """The web face with rows of every kind."""
    with (
        database_copy(postgres, template) as database,
        web_site(database, valkey.url, folder) as running,
    ):
        running.fill()
        yield running


@pytest.fixture
def open_page(browser, web):
    """Open a tab of a browser profile of its own, signed in; no page may have a fault."""
    faults, contexts = [], []

    def foreign(request):
        return [] if request.url.startswith((web.root, "data:")) else [request.url, request.failure]

    def open_(name="operator", **given):
        context = browser.new_context(**given)
        contexts.append(context)
        context.set_default_timeout(20_000)
        context.on("weberror", lambda one: faults.append(str(one.error)))
        context.on("console", lambda said: faults.append(said.text) if is_fault(said) else None)
        # A request that the policy of the page forbids is begun, and ends before it leaves.
        context.on("requestfinished", lambda one: faults.extend(foreign(one)))
        context.on(
            "requestfailed",
            lambda one: faults.extend(foreign(one)) if one.failure != "csp" else None,
        )
        page = context.new_page()
        page.on("dialog", lambda one: faults.append(one.message))
        web.sign_in(page, name)
        return page

    yield open_
    for context in contexts:
        context.close()
    assert faults == []


def is_fault(said):
    """Return whether the browser reports more than what a test causes.

    That is the status of the page to sign in, that a message runs and fetches nothing, and that
    there is no network.
    """
    blocked = "/body" in said.text and "locked" in said.text
    picture = "evil.example" in said.text or "/src=x" in said.text
    return not (
        blocked
        or picture
        or said.text.startswith(("Failed to load resource:", "htmx:"))
        or (
            "violates the following Content Security Policy directive" in said.text
            and "/body" in said.location.get("url", "")
        )
    )


def outside(page):
    """Return what reaches beyond the window once charts have had the time to be drawn anew."""
    with suppress(TimeoutError):
        page.wait_for_function(f"() => ({_OUTSIDE})().length === 0")
    return page.evaluate(_OUTSIDE)


@pytest.mark.parametrize("page_name", PAGES)
def test_axe_finds_nothing_and_everything_fits(open_page, web, screenshots, page_name):
    page = open_page()
    page.goto(web.root + PAGES[page_name])
    for size, width in ((WIDE, "wide"), (NARROW, "narrow")):
        page.set_viewport_size(size)
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            assert violations(page) == "", (width, scheme)
            assert outside(page) == [], (width, scheme)
            page.wait_for_timeout(300)  # a chart is drawn anew a moment after its width changes
            path = screenshots / "web" / f"{page_name}-{width}-{scheme}.png"
            page.screenshot(path=path, full_page=True)
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    assert violations(page) == ""
    assert page.evaluate(_OUTSIDE) == []


@pytest.mark.parametrize("language", ["en", "sv"])
def test_the_page_to_sign_in_fits_and_says_what_was_wrong(browser, web, screenshots, language):
    context = browser.new_context(locale=language, viewport=NARROW)
    page = context.new_page()
    page.goto(web.root)
    page.fill("#name", "operator")
    page.fill("#password", "wrong password")
    page.click("main button")

    assert page.get_by_role("alert").is_visible()
    assert page.locator("html").get_attribute("lang") == language
    assert violations(page) == ""
    assert page.evaluate(_OUTSIDE) == []
    page.screenshot(path=screenshots / "web" / f"sign-in-{language}.png")
    context.close()


def test_texts_of_customers_run_nothing(open_page, web):
    page = open_page()
    for path in PAGES.values():
        page.goto(web.root + path)
        assert page.title() != "run"
    frame = page.frame_locator("iframe.mail").first
    frame.get_by_text("Hello").wait_for()
    assert frame.locator("script").count() == 1  # it is there, and has not run
    assert page.title() != "run"


def test_without_javascript_an_operator_finds_an_errand_and_has_it_fetched_again(open_page, web):
    page = open_page(java_script_enabled=False)
    page.get_by_role("link", name="Errands").click()
    page.get_by_label("Number, e-mail address").fill("parcel")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name="7-1").click()
    page.get_by_role("button", name="Fetch again").click()

    assert page.get_by_text("It will be fetched now.").is_visible()
    found = run_query(web.database, "SELECT FROM intake.wanted WHERE remote_id = 7")
    assert len(found) == 1


def test_with_the_keyboard_alone_a_parked_record_is_released(open_page, web):
    page = open_page(java_script_enabled=False)
    page.goto(web.root + "/troubles")
    button = page.get_by_role("button", name=re.compile("Try again.*errand_reports 8"))
    for _ in range(60):
        page.keyboard.press("Tab")
        if button.evaluate("one => one === document.activeElement"):
            break
    page.keyboard.press("Enter")

    page.get_by_text("Records that are tried again: 1.").wait_for()
    [row] = run_query(web.database, "SELECT parked_at FROM intake.wanted WHERE remote_id = 8")
    assert row["parked_at"] is None
    run_query(web.database, "UPDATE intake.wanted SET parked_at = now() WHERE remote_id = 8")


def test_whatever_has_the_focus_is_outlined(open_page, web):
    page = open_page()
    for path in PAGES.values():
        page.goto(web.root + path)
        for _ in range(12):
            page.keyboard.press("Tab")
            outline = page.evaluate(
                "() => { const style = getComputedStyle(document.activeElement);"
                " return document.activeElement === document.body ? 9"
                " : style.outlineStyle === 'none' ? 0 : parseFloat(style.outlineWidth); }"
            )
            assert outline >= 2


def test_a_chart_is_drawn_and_its_figures_can_be_read(open_page):
    page = open_page()
    chart = page.locator("figure.chart").first
    chart.locator("canvas").wait_for()
    chart.get_by_text("Figures as a table").click()

    assert chart.get_by_role("row").count() >= 145


def test_with_the_keyboard_alone_the_figures_of_a_chart_and_its_query_are_read(open_page, web):
    page = open_page(java_script_enabled=False)
    page.goto(web.root + FIGURES)
    chart = page.locator("#volumes")
    opened = 0
    for _ in range(80):
        page.keyboard.press("Tab")
        if chart.locator("summary:focus").count():
            page.keyboard.press("Enter")
            opened += 1
        if opened == 2:
            break

    assert chart.get_by_role("row").count() == 26
    assert "SELECT" in chart.locator("pre").inner_text()


def test_a_chart_is_saved_as_csv_svg_and_png(open_page, web):
    page = open_page()
    page.goto(web.root + FIGURES)
    chart = page.locator("#backlog")
    for kind, begins in (("CSV", "\ufeffday".encode()), ("SVG", b"<?xml"), ("PNG", b"\x89PNG")):
        with page.expect_download() as download:
            chart.locator("a, button").filter(has_text=kind).click()
        assert download.value.suggested_filename == (
            f"backlog-2025-03-10-2025-04-03.{kind.lower()}"
        )
        assert Path(download.value.path()).read_bytes().startswith(begins)


def test_a_period_and_an_area_are_chosen_and_the_address_keeps_them(open_page, web):
    page = open_page()
    page.get_by_role("link", name="Figures").click()
    page.get_by_label("From day").fill("2025-03-24")
    page.get_by_label("To day").fill("2025-03-30")
    page.get_by_label("Area", exact=True).select_option(index=2)
    page.get_by_role("button", name="Show").click()

    page.get_by_text("2025-03-24 \N{EN DASH} 2025-03-30").wait_for()
    assert "from=2025-03-24&to=2025-03-30&area=" in page.url
    page.goto(page.url)
    assert page.get_by_label("From day").input_value() == "2025-03-24"


def test_a_preview_is_drawn_by_day(open_page, web):
    page = open_page()
    page.goto(web.root + PAGES["preview"])
    chart = page.locator("figure.chart")
    chart.locator("canvas").wait_for()
    chart.get_by_text("Figures as a table").click()

    assert chart.get_by_role("row").count() >= 31


def test_an_operator_sees_the_dry_run_and_then_erases_a_person(open_page, web, tmp_path):
    add_errand(web.database, 70, from_address="ann@customer.example")
    worker = Worker(database=web.database, spool=tmp_path)
    page = open_page()
    page.get_by_role("link", name="Privacy").click()
    page.get_by_label("E-mail address or mobile number").fill("ann@customer.example")
    page.get_by_role("button", name="Dry run").click()
    page.get_by_text("Waiting for a worker.").wait_for()
    worker.work()
    page.get_by_text("This would be changed.").wait_for()  # the page refreshes itself
    page.get_by_label("This cannot be undone.").check()
    page.get_by_role("button", name="Erase the person").click()
    page.get_by_text("Waiting for a worker.").wait_for()
    worker.work()

    page.get_by_text("The person is erased.").wait_for()
    [row] = run_query(web.database, "SELECT from_address FROM cention.errand WHERE errand_id = 70")
    assert row["from_address"] is None


def test_the_first_page_refreshes_itself_and_tells_when_it_cannot(open_page, web):
    page = open_page()
    before = page.locator("#state time").first.get_attribute("datetime")
    page.evaluate("htmx.trigger('#state', 'load'); htmx.ajax('GET', '/', '#state')")
    page.wait_for_function(
        "before => document.querySelector('#state time')?.dateTime !== before", arg=before
    )
    assert page.locator("#stale").is_hidden()

    page.context.set_offline(True)
    page.evaluate("htmx.ajax('GET', '/', '#state').catch(() => {})")
    page.locator("#stale").wait_for(state="visible")
    page.context.set_offline(False)


def test_an_analyst_has_no_buttons_and_signs_out(open_page, web):
    page = open_page("anna")
    for path in ("/troubles", "/surveys", "/surveys/previews/1", "/errands/demo/8"):
        page.goto(web.root + path)
        assert page.locator("main form").count() == 0
    assert page.get_by_role("link", name="Privacy").count() == 0
    page.get_by_role("button", name="Sign out").click()
    page.goto(web.root + "/errands")

    assert page.get_by_label("Password").is_visible()
