"""The routes under ``/sandbox/``: what is true, what happens next, and what goes wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from aiohttp import web

from deploy.sandbox import truth
from deploy.sandbox.api import Api
from deploy.sandbox.callbacks import CallbackSender
from deploy.sandbox.changes import KINDS
from deploy.sandbox.clock import WEIGHTS, Clock
from deploy.sandbox.faults import FaultName, Faults, read_fault
from deploy.sandbox.records import AREA_ARCHIVES, RESPONSE_ATTACHMENTS, Errand, FileKey
from deploy.sandbox.world import World

AT_ONE_GO = 200  # errands made before other requests get a turn
LARGEST_FILE = 200 * 1024 * 1024
FILE_TYPES = (RESPONSE_ATTACHMENTS, AREA_ARCHIVES)


@dataclass(frozen=True, kw_only=True)
class Control:
    """Tells and changes what goes on behind the API. Needs no token."""

    world: World
    clock: Clock
    faults: Faults
    api: Api
    sender: CallbackSender | None

    def routes(self) -> list[web.RouteDef]:
        """Return what to add to the application."""
        return [
            web.get("/sandbox/truth", self.truth),
            web.get("/sandbox/stats", self.stats),
            web.post("/sandbox/quiet", self.quiet),
            web.post("/sandbox/resume", self.resume),
            web.post("/sandbox/errands", self.make_errands),
            web.post("/sandbox/errands/{errand_id:[0-9]{1,19}}/change", self.change_errand),
            web.post("/sandbox/ratings", self.make_ratings),
            web.post("/sandbox/attachments", self.make_attachment),
            web.post("/sandbox/callbacks", self.send_callback),
            web.get("/sandbox/faults", self.show_faults),
            web.post("/sandbox/faults", self.set_faults),
            web.delete("/sandbox/faults", self.clear_faults),
        ]

    async def truth(self, request: web.Request) -> web.Response:
        """Tell everything there is; with ``?errand=ID``, only that errand."""
        if "errand" in request.query:
            errand = self._errand(_id_in(request.query["errand"]))
            return _json(truth.errand_truth(self.world, errand))
        return _json(await truth.whole_truth(self.world))

    async def stats(self, _request: web.Request) -> web.Response:
        """Count what has happened, and what waits."""
        return _json(self._stats())

    async def quiet(self, _request: web.Request) -> web.Response:
        """Stop the clock; callbacks that wait are still sent."""
        self.clock.running = False
        return _json(self._stats())

    async def resume(self, request: web.Request) -> web.Response:
        """Let the clock run, with ``{"rate": changes a second}`` if given."""
        wish = await _wish(request, "rate")
        self.clock.rate = _number(wish, "rate", default=self.clock.rate, most=10_000)
        self.clock.running = True
        return _json(self._stats())

    async def make_errands(self, request: web.Request) -> web.Response:
        """Make ``{"count": 10000, "actions": 10}`` dirty errands; answers their ids."""
        wish = await _wish(request, "count", "actions")
        count = int(_number(wish, "count", default=1, most=1_000_000))
        actions = int(_number(wish, "actions", default=1, least=1, most=10_000))
        made = []
        for number in range(count):
            made.append(self.world.add_errand(actions=actions).errand_id)
            if number % AT_ONE_GO == AT_ONE_GO - 1:
                await asyncio.sleep(0)
        return _json({"ids": made}, status=201)

    async def change_errand(self, request: web.Request) -> web.Response:
        """Change one errand, in the way ``{"kind": ...}`` names, or as chance has it."""
        wish = await _wish(request, "kind")
        kinds = ("answer", *KINDS)
        usual = tuple(kind for kind in kinds if kind in WEIGHTS)
        kind = wish.get("kind") or self.world.rng.choice(usual)
        if kind not in kinds:
            raise _refused(f"kind is one of {', '.join(kinds)}")
        errand = self._errand(_id_in(request.match_info["errand_id"]))
        self.world.change(errand, kind)
        return _json(truth.errand_truth(self.world, errand))

    async def make_ratings(self, request: web.Request) -> web.Response:
        """Make ``{"count": 1}`` ratings, or change the one ``{"rating_id": ...}`` names."""
        wish = await _wish(request, "count", "rating_id")
        if "rating_id" in wish:
            rating = self.world.ratings.get(_id_in(wish["rating_id"]))
            if rating is None:
                raise _refused("no such rating", web.HTTPNotFound)
            return _json({"ids": [self.world.change_rating(rating).rating_id]})
        count = int(_number(wish, "count", default=1, most=100_000))
        return _json({"ids": [self.world.add_rating().rating_id for _ in range(count)]}, status=201)

    async def make_attachment(self, request: web.Request) -> web.Response:
        """Make a file of ``{"bytes": 26214400, "type": "c3_area_archives"}``."""
        wish = await _wish(request, "bytes", "type")
        type_ = wish.get("type", RESPONSE_ATTACHMENTS)
        if type_ not in FILE_TYPES:
            raise _refused(f"type is one of {', '.join(FILE_TYPES)}")
        size = int(_number(wish, "bytes", default=1_000, most=LARGEST_FILE))
        return _json(truth.file_truth(self.world.add_file(type_, size_bytes=size)), status=201)

    async def send_callback(self, request: web.Request) -> web.Response:
        """Answer ``{"errand_id": ...}`` now and send the callback.

        ``attachments`` and ``archives`` say how many files to make up; ``files`` lists such as
        were made before: ``[{"type": "c3_response_attachments", "id": 1270}]``.
        """
        wish = await _wish(request, "errand_id", "attachments", "archives", "files")
        errand = self._errand(_id_in(wish.get("errand_id")))
        callback = self.world.answer(
            errand,
            attachments=int(_number(wish, "attachments", default=0, most=10_000)),
            archives=int(_number(wish, "archives", default=0, most=10_000)),
            known=self._known_files(wish.get("files", [])),
        )
        if callback is None:
            raise _refused("no callback is sent: no --callback-url, or too many wait")
        return _json(truth.callback_truth(callback), status=201)

    async def show_faults(self, _request: web.Request) -> web.Response:
        """Show the switches that are on."""
        return _json(self.faults.description())

    async def set_faults(self, request: web.Request) -> web.Response:
        """Set switches: ``{"error_500": {"probability": 0.1}, "busy": null}``; null is off."""
        wish = await _wish(request, *FaultName)
        try:
            faults = {
                FaultName(name): None if switch is None else read_fault(FaultName(name), switch)
                for name, switch in wish.items()
            }
        except (ValueError, AttributeError) as error:
            raise _refused(str(error)) from error
        for name, fault in faults.items():
            self.faults.switch(name, fault)
        return _json(self.faults.description())

    async def clear_faults(self, _request: web.Request) -> web.Response:
        """Switch all faults off."""
        self.faults.clear()
        return _json(self.faults.description())

    def _errand(self, errand_id: int) -> Errand:
        try:
            return self.world.errands[errand_id]
        except KeyError:
            raise _refused("no such errand", web.HTTPNotFound) from None

    def _known_files(self, wished: Any) -> tuple[FileKey, ...]:
        try:
            keys = tuple(FileKey(one["type"], one["id"]) for one in wished)
        except (TypeError, LookupError) as error:
            raise _refused('files is a list of {"type": ..., "id": ...}') from error
        if any(key not in self.world.files for key in keys):
            raise _refused("no such file", web.HTTPNotFound)
        return keys

    def _stats(self) -> dict[str, Any]:
        world, sender = self.world, self.sender
        accepted = sum(callback.accepted for callback in world.callbacks.values())
        return {
            "running": self.clock.running,
            "rate": self.clock.rate,
            "errands": len(world.errands),
            "dirty_errands": len(world.dirty_errands),
            "ratings": len(world.ratings),
            "dirty_ratings": len(world.dirty_ratings),
            "attachments": len(world.files),
            "changes": dict(world.counts),
            "requests": dict(self.api.answered),
            "faults": dict(self.faults.struck),
            "callbacks": {
                "made": len(world.callbacks),
                "accepted": accepted,
                "waiting": len(world.callbacks) - accepted,
                "in_flight": sender.in_flight if sender else 0,
                "outcomes": dict(sender.outcomes) if sender else {},
            },
        }


def _json(value: Any, *, status: int = 200) -> web.Response:
    return web.Response(status=status, body=orjson.dumps(value), content_type="application/json")


def _refused(reason: str, kind: Callable[..., web.HTTPError] = web.HTTPBadRequest) -> web.HTTPError:
    body = orjson.dumps({"error": reason}).decode()
    return kind(text=body, content_type="application/json")


async def _wish(request: web.Request, *keys: str) -> Mapping[str, Any]:
    """Read the JSON object a control route was sent; no body means an empty one."""
    try:
        wish = orjson.loads(await request.read() or b"{}")
    except orjson.JSONDecodeError as error:
        raise _refused("the body is not JSON") from error
    if not isinstance(wish, dict) or wish.keys() - set(keys):
        raise _refused(f"the body is an object with some of: {', '.join(keys)}")
    return wish


def _number(
    wish: Mapping[str, Any], key: str, *, default: float, least: float = 0, most: float
) -> float:
    value = wish.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        raise _refused(f"{key} is a number from {least} to {most}")
    return value


def _id_in(value: Any) -> int:
    try:
        return int(value)
    except (TypeError, ValueError):
        raise _refused("an id is a number") from None
