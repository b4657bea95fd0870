"""Builds the sandbox and runs it on one port."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from aiohttp import web

from deploy.sandbox.control import Control
from deploy.sandbox.http.api import Api
from deploy.sandbox.http.faults import Fault, FaultName, Faults
from deploy.sandbox.surveys.answer_push import AnswerPush
from deploy.sandbox.surveys.mail import Mailbox, mail_server
from deploy.sandbox.surveys.messages import WITHIN_S, Messages
from deploy.sandbox.surveys.page_robots import CHATS_EVERY_S, PageRobots, Visits
from deploy.sandbox.surveys.vendors import PREFIXES, SurveyVendors
from deploy.sandbox.world.activity import Activity
from deploy.sandbox.world.callbacks import CallbackSender
from deploy.sandbox.world.customers import Customers
from deploy.sandbox.world.history import History
from deploy.sandbox.world.history.recent_changes import mark_recent_changes
from deploy.sandbox.world.records import Ids
from deploy.sandbox.world.world import World

MAX_BODY_BYTES = 64 * 1024 * 1024
SHUTDOWN_TIMEOUT_S = 0.3  # for responses in progress
EPOCH_S = 1_735_689_600  # 2025-01-01
HISTORY_SEED = 2026  # without another, so that a restart tells the same history


@dataclass(frozen=True, kw_only=True)
class Options:
    """The options of a sandbox."""

    host: str = "127.0.0.1"
    port: int = 0  # 0: any free port
    smtp_port: int = 0
    workspace: str = "demo"
    token: str = field(default="sandbox-token", repr=False)
    callback_secret: str = field(default="sandbox-callback-secret", repr=False)
    callback_url: str | None = None
    odd_links: bool = False  # in callbacks
    survey_password: str = field(default="sandbox-survey-password", repr=False)
    answers_url: str | None = None
    answers_secret: str = field(default="sandbox-answers-secret", repr=False)
    answers_within_s: float = WITHIN_S
    survey_url: str | None = None
    chats_every_s: float = CHATS_EVERY_S
    rate: float = 1.0  # changes a second
    errands: int = 50  # dirty errands at the start
    history_days: int = 0  # before the start
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Europe/Stockholm"))
    sla_delay_s: float = 60.0
    first_id: int | None = None
    seed: int | None = None
    faults: tuple[tuple[FaultName, Fault], ...] = ()


def first_id_now() -> int:
    """Return the microseconds since 2025, so that no restart uses an id again."""
    return int((time.time() - EPOCH_S) * 1_000_000)


@asynccontextmanager
async def sandbox(options: Options) -> AsyncIterator[int]:
    """Run a sandbox; yields its port. Raises ``OSError`` if the port is in use."""
    rng = _random(options)
    world = World(
        rng=rng,
        ids=Ids(first_id_now() if options.first_id is None else options.first_id),
        sla_delay_s=options.sla_delay_s,
        callbacks_wanted=options.callback_url is not None,
        customers=Customers(rng=_random(options)),
        history=_history(options),
    )
    for _ in range(options.errands):
        world.add_errand(actions=rng.randrange(1, 6))
    activity = Activity(world=world, rng=rng, rate=options.rate)
    world.state(Messages).within_s = options.answers_within_s
    world.state(Visits).chats_every_s = options.chats_every_s
    sender, push = _sender(options, world), _push(options, world)
    robots = _page_robots(options, world)
    faults = _faults(options)
    runner = web.AppRunner(
        _application(options, world, activity, sender, push, faults),
        access_log=None,
        handle_signals=False,
        shutdown_timeout=SHUTDOWN_TIMEOUT_S,
        auto_decompress=False,  # as Cention, which takes a compressed body as it is
    )
    await runner.setup()
    jobs = [asyncio.create_task(activity.run()), asyncio.create_task(mark_recent_changes(world))]
    jobs += [asyncio.create_task(one.run()) for one in (sender, push, robots) if one is not None]
    try:
        mailbox = Mailbox(world=world, faults=faults, password=options.survey_password)
        async with mail_server(mailbox, host=options.host, port=options.smtp_port):
            await web.TCPSite(runner, options.host, options.port, backlog=1024).start()
            yield runner.addresses[0][1]
    finally:
        for job in jobs:
            job.cancel()
            with suppress(asyncio.CancelledError):
                await job
        await runner.cleanup()


def _random(options: Options) -> random.Random:
    return random.Random(options.seed)  # noqa: S311  # repeatable, not for security


def _history(options: Options) -> History:
    seed = HISTORY_SEED if options.seed is None else options.seed
    days = options.history_days
    return History(zone=options.zone, seed=seed, days=days, until=int(time.time()))


def _sender(options: Options, world: World) -> CallbackSender | None:
    if options.callback_url is None:
        return None
    return CallbackSender(
        world=world,
        url=options.callback_url,
        rng=_random(options),
        secret=options.callback_secret,
        odd_links=options.odd_links,
    )


def _push(options: Options, world: World) -> AnswerPush | None:
    if options.answers_url is None:
        return None
    return AnswerPush(world=world, url=options.answers_url, secret=options.answers_secret)


def _page_robots(options: Options, world: World) -> PageRobots | None:
    if options.survey_url is None:
        return None
    return PageRobots(
        world=world,
        url=options.survey_url,
        workspace=options.workspace,
        rng=_random(options),
    )


def _faults(options: Options) -> Faults:
    faults = Faults(_random(options))  # its own generator, so that faults do not depend on changes
    for name, fault in options.faults:
        faults.switch(name, fault)
    return faults


def _application(
    options: Options,
    world: World,
    activity: Activity,
    sender: CallbackSender | None,
    push: AnswerPush | None,
    faults: Faults,
) -> web.Application:
    api = Api(
        world=world,
        faults=faults,
        rng=_random(options),
        workspace=options.workspace,
        zone=options.zone,
        token=options.token,
    )
    control = Control(
        world=world, activity=activity, faults=faults, api=api, sender=sender, push=push
    )
    application = web.Application(client_max_size=MAX_BODY_BYTES)
    vendors = SurveyVendors(
        world=world, faults=faults, password=options.survey_password, answered=api.answered
    )
    application.add_routes(control.routes())
    for prefix in PREFIXES:
        application.router.add_route("*", f"{prefix}/{{path:.*}}", vendors.handle)
    application.router.add_route("*", r"/{path:[\s\S]*}", api.handle)  # with line breaks
    return application
