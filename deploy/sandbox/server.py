"""Puts the sandbox together and runs it on one socket."""

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
from deploy.sandbox.world.activity import Clock
from deploy.sandbox.world.callbacks import CallbackSender
from deploy.sandbox.world.records import Ids
from deploy.sandbox.world.world import World

LARGEST_BODY = 64 * 1024 * 1024
PATIENCE_AT_STOP_S = 0.3  # for answers under way
EPOCH_S = 1_735_689_600  # 2025-01-01


@dataclass(frozen=True, kw_only=True)
class Options:
    """Everything one can choose about a sandbox."""

    host: str = "127.0.0.1"
    port: int = 0  # 0: any free one
    workspace: str = "demo"
    token: str = field(default="sandbox-token", repr=False)
    callback_secret: str = field(default="sandbox-callback-secret", repr=False)
    callback_url: str | None = None
    rate: float = 1.0  # changes a second
    errands: int = 50  # that exist, dirty, from the start
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Europe/Stockholm"))
    sla_delay_s: float = 60.0
    first_id: int | None = None
    seed: int | None = None
    faults: tuple[tuple[FaultName, Fault], ...] = ()


def first_id_now() -> int:
    """Return microseconds since 2025: no restart can meet ids that were used before it."""
    return int((time.time() - EPOCH_S) * 1_000_000)


@asynccontextmanager
async def sandbox(options: Options) -> AsyncIterator[int]:
    """Run a sandbox; yields its port. Raises ``OSError`` if that is taken."""
    rng = _chance(options)
    world = World(
        rng=rng,
        ids=Ids(first_id_now() if options.first_id is None else options.first_id),
        sla_delay_s=options.sla_delay_s,
        callbacks_wanted=options.callback_url is not None,
    )
    for _ in range(options.errands):
        world.add_errand(actions=rng.randrange(1, 6))
    clock = Clock(world=world, rng=rng, rate=options.rate)
    sender = _sender(options, world)
    runner = web.AppRunner(
        _application(options, world, clock, sender),
        access_log=None,
        handle_signals=False,
        shutdown_timeout=PATIENCE_AT_STOP_S,
    )
    await runner.setup()
    jobs = [asyncio.create_task(clock.run())]
    if sender is not None:
        jobs.append(asyncio.create_task(sender.run()))
    try:
        await web.TCPSite(runner, options.host, options.port, backlog=1024).start()
        yield runner.addresses[0][1]
    finally:
        for job in jobs:
            job.cancel()
            with suppress(asyncio.CancelledError):
                await job
        await runner.cleanup()


def _chance(options: Options) -> random.Random:
    return random.Random(options.seed)  # noqa: S311  # repeatable, guards nothing


def _sender(options: Options, world: World) -> CallbackSender | None:
    if options.callback_url is None:
        return None
    return CallbackSender(
        world=world, url=options.callback_url, rng=_chance(options), secret=options.callback_secret
    )


def _application(
    options: Options, world: World, clock: Clock, sender: CallbackSender | None
) -> web.Application:
    faults = Faults(_chance(options))  # its own, so that no change at Cention shifts the faults
    for name, fault in options.faults:
        faults.switch(name, fault)
    api = Api(
        world=world,
        faults=faults,
        rng=_chance(options),
        workspace=options.workspace,
        zone=options.zone,
        token=options.token,
    )
    control = Control(world=world, clock=clock, faults=faults, api=api, sender=sender)
    application = web.Application(client_max_size=LARGEST_BODY)
    application.add_routes(control.routes())
    application.router.add_route("*", "/{path:.*}", api.handle)
    return application
