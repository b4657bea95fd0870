"""Robots on survey pages: forms, redirections, waiting pages, and servers that are busy or gone."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import aiohttp
import pytest
from aiohttp import web

from deploy.sandbox.surveys import page_visitor
from deploy.sandbox.surveys.alvaria import Dialogs
from deploy.sandbox.surveys.messages import Messages
from deploy.sandbox.surveys.page_robots import PageRobots, Visits
from deploy.sandbox.surveys.page_visitor import Given, Visit, Visitor
from deploy.sandbox.world.customers import Customers
from deploy.sandbox.world.records import Ids
from deploy.sandbox.world.world import World

START = (
    '<h1>Ready?</h1><form method="post" action="?"><button type="submit" name="begin" value="1">'
)
WAIT = '<meta http-equiv="refresh" content="0"><h1>One moment</h1>'
CHOICE = """<form method="post" action="?lang=sv"><input type="hidden" name="q" value="1">
<fieldset><legend><h1>How  likely?</h1></legend>
<input type="radio" name="answer" value="7"></fieldset>
<button type="submit">Next</button></form>"""
TEXT = """<h1><label for="answer">Why?</label></h1><form method="post" action="?">
<textarea id="answer" name="answer">
As typed å</textarea><button type="submit">Finish</button></form>"""
THANKS = "<h1>Thank you</h1>"


@dataclass
class Pages:
    """A survey of pages that follow one another, whatever is sent."""

    pages: list[str]
    statuses: list[int] = field(default_factory=list)  # of the first answers; then 200
    posted: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    loaded: list[str] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.Response:
        """Show a page, or take a form and redirect to the next."""
        status = self.statuses.pop(0) if self.statuses else 200
        if status != 200:
            return web.Response(status=status)
        if request.method == "POST":
            form = {name: str(value) for name, value in (await request.post()).items()}
            self.posted.append((request.query_string, form))
            self.pages.pop(0)
            return web.Response(status=303, headers={"Location": request.path_qs})
        self.loaded.append(request.path_qs)
        shown = self.pages[0]
        if "refresh" in shown:
            self.pages.pop(0)
        return web.Response(text=shown, content_type="text/html")


def new_world() -> World:
    return World(rng=random.Random(1), ids=Ids(1), customers=Customers(rng=random.Random(1)))


def on_pages(pages: Pages, act: Callable[[str], Awaitable[None]]) -> None:
    """Serve the pages, and do something with their address."""

    async def run() -> None:
        application = web.Application()
        application.router.add_route("*", "/{path:.*}", pages.handle)
        runner = web.AppRunner(application, access_log=None)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            await act(f"http://127.0.0.1:{runner.addresses[0][1]}")
        finally:
            await runner.cleanup()

    asyncio.run(run())


def visited(pages: Pages, *, share_twice: float = 0) -> Visit:
    """Return the visit of a robot that does not hesitate."""
    found: list[Visit] = []

    async def act(root: str) -> None:
        async with aiohttp.ClientSession() as session:
            found.append(Visit(url=f"{root}/s/token?lang=sv"))
            robot = Visitor(
                session=session, rng=random.Random(1), pause_s=0, share_twice=share_twice
            )
            await robot.visit(found[0])

    on_pages(pages, act)
    return found[0]


def test_a_robot_begins_waits_answers_and_finishes():
    pages = Pages([START, WAIT, WAIT, CHOICE, WAIT, TEXT, THANKS])

    visit = visited(pages)

    assert visit.outcome == "finished"
    assert visit.answers == [
        Given("How likely?", "7", "One moment"),
        Given("Why?", "As typed å", "Thank you"),
    ]
    assert pages.posted == [
        ("", {"begin": "1"}),
        ("lang=sv", {"q": "1", "answer": "7"}),
        ("", {"answer": "As typed å"}),
    ]


def test_a_robot_sends_again_what_a_busy_server_did_not_take(monkeypatch):
    monkeypatch.setattr(page_visitor, "RETRY_S", 0)
    pages = Pages([CHOICE, THANKS], statuses=[200, 503, 429, 200])

    visit = visited(pages)

    assert visit.outcome == "finished"
    assert len(pages.posted) == 1


@pytest.mark.parametrize(
    ("statuses", "outcome"),
    [([404], "HTTP 404"), ([500], "HTTP 500"), ([200] + [503] * 99, "gave up")],
)
def test_a_robot_leaves_where_there_is_no_survey(monkeypatch, statuses, outcome):
    monkeypatch.setattr(page_visitor, "RETRY_S", 0)

    visit = visited(Pages([CHOICE], statuses=statuses))

    assert visit.outcome == outcome
    assert not any(given.following for given in visit.answers)


def test_a_robot_may_double_click():
    pages = Pages([CHOICE, CHOICE, THANKS])

    visit = visited(pages, share_twice=1)

    assert pages.posted == [("lang=sv", {"q": "1", "answer": "7"})] * 2
    assert visit.answers == [Given("How likely?", "7", "Thank you")]


@pytest.mark.parametrize(
    ("pages", "outcome"),
    [([CHOICE] * 99, "gave up"), ([WAIT] * 199, "gave up"), ([""], "no page")],
)
def test_a_robot_leaves_pages_without_end_and_what_is_no_page(pages, outcome):
    assert visited(Pages(list(pages))).outcome == outcome


def test_a_robot_may_end_a_survey_before_its_last_question(monkeypatch):
    monkeypatch.setattr(page_visitor, "SHARE_STOPPING", 1)
    stop = (
        '<form method="post"><button type="submit" name="end" value="1">Stop here</button></form>'
    )
    pages = Pages([CHOICE + stop, THANKS])

    assert visited(pages).answers == []
    assert pages.posted == [("lang=sv", {"end": "1"})]


def test_links_of_mails_are_opened_below_the_address_of_the_pages_alone():
    world = new_world()
    messages = world.state(Messages)
    messages.share, messages.within_s = 1, 0
    link = "https://surveys.example/below/s/A-token"
    messages.add_mail(vendor="own", remote_id="m1", contact="a@b.example", survey="", link=link)
    messages.add_mail(vendor="own", remote_id="m2", contact="a@b.example", survey="", link=None)
    pages = Pages([CHOICE, THANKS])

    async def act(root: str) -> None:
        robots = PageRobots(world=world, url=f"{root}/", workspace="demo", rng=random.Random(1))
        running = asyncio.create_task(robots.run())
        links = world.state(Visits).links
        async with asyncio.timeout(10):
            while not links or links["m1"].outcome == "under way":
                await asyncio.sleep(0.02)
        running.cancel()
        await asyncio.wait([running])

    on_pages(pages, act)

    assert set(world.state(Visits).links) == {"m1"}
    assert world.state(Visits).links["m1"].answers == [Given("How likely?", "7", "Thank you")]
    assert pages.loaded[0] == "/s/A-token"


def test_a_chat_about_a_recent_errand_opens_its_page():
    world = new_world()
    errand = world.add_errand()
    pages = Pages([CHOICE, THANKS])

    async def act(root: str) -> None:
        robots = PageRobots(world=world, url=root, workspace="a b", rng=random.Random(1))
        running = asyncio.create_task(robots.run())
        chats = world.state(Visits).chats
        async with asyncio.timeout(10):
            while not chats or next(iter(chats.values())).outcome == "under way":
                await asyncio.sleep(0.02)
        running.cancel()
        await asyncio.wait([running])

    on_pages(pages, act)

    [dialog] = world.state(Dialogs).all.values()
    assert dialog.errand_id == errand.errand_id
    assert set(world.state(Visits).chats) == {dialog.session_id}
    assert pages.loaded[0] == f"/survey/alvaria/a%20b?sessionId={dialog.session_id}"
