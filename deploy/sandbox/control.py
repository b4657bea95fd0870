"""The routes under ``/sandbox/``: what is true, what happens next, and what goes wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from deploy.sandbox import expected_state
from deploy.sandbox.http.api import Api
from deploy.sandbox.http.families import FAMILIES
from deploy.sandbox.http.faults import FaultName, Faults, read_fault
from deploy.sandbox.http.routes import Control as FamilyControl
from deploy.sandbox.request_json import id_in, json_answer, number_in, read_wish, refused
from deploy.sandbox.world.activity import WEIGHTS, Clock
from deploy.sandbox.world.callbacks import CallbackSender
from deploy.sandbox.world.changes import KINDS
from deploy.sandbox.world.records import AREA_ARCHIVES, RESPONSE_ATTACHMENTS, Errand, FileKey
from deploy.sandbox.world.world import World

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
            *(
                web.route(method, f"/sandbox/{path}", self._of_family(control))
                for family in FAMILIES
                for (method, path), control in family.controls.items()
            ),
        ]

    async def truth(self, request: web.Request) -> web.Response:
        """Tell everything there is; with ``?errand=ID``, only that errand."""
        if "errand" in request.query:
            errand = self._errand(id_in(request.query["errand"]))
            return json_answer(expected_state.errand_truth(self.world, errand))
        return json_answer(await expected_state.whole_truth(self.world))

    async def stats(self, _request: web.Request) -> web.Response:
        """Count what has happened, and what waits."""
        return json_answer(self._stats())

    async def quiet(self, _request: web.Request) -> web.Response:
        """Stop the clock; callbacks that wait are still sent."""
        self.clock.running = False
        return json_answer(self._stats())

    async def resume(self, request: web.Request) -> web.Response:
        """Let the clock run, with ``{"rate": changes a second}`` if given."""
        wish = await read_wish(request, "rate")
        self.clock.rate = number_in(wish, "rate", default=self.clock.rate, most=10_000)
        self.clock.running = True
        return json_answer(self._stats())

    async def make_errands(self, request: web.Request) -> web.Response:
        """Make ``{"count": 10000, "actions": 10}`` dirty errands; answers their ids."""
        wish = await read_wish(request, "count", "actions")
        count = int(number_in(wish, "count", default=1, most=1_000_000))
        actions = int(number_in(wish, "actions", default=1, least=1, most=10_000))
        made = []
        for number in range(count):
            made.append(self.world.add_errand(actions=actions).errand_id)
            if number % AT_ONE_GO == AT_ONE_GO - 1:
                await asyncio.sleep(0)
        return json_answer({"ids": made}, status=201)

    async def change_errand(self, request: web.Request) -> web.Response:
        """Change one errand, in the way ``{"kind": ...}`` names, or as chance has it."""
        wish = await read_wish(request, "kind")
        kinds = ("answer", *KINDS)
        usual = tuple(kind for kind in kinds if kind in WEIGHTS)
        kind = wish.get("kind") or self.world.rng.choice(usual)
        if kind not in kinds:
            raise refused(f"kind is one of {', '.join(kinds)}")
        errand = self._errand(id_in(request.match_info["errand_id"]))
        self.world.change(errand, kind)
        return json_answer(expected_state.errand_truth(self.world, errand))

    async def make_ratings(self, request: web.Request) -> web.Response:
        """Make ``{"count": 1}`` ratings, or change the one ``{"rating_id": ...}`` names."""
        wish = await read_wish(request, "count", "rating_id")
        if "rating_id" in wish:
            rating = self.world.ratings.get(id_in(wish["rating_id"]))
            if rating is None:
                raise refused("no such rating", web.HTTPNotFound)
            return json_answer({"ids": [self.world.change_rating(rating).rating_id]})
        count = int(number_in(wish, "count", default=1, most=100_000))
        return json_answer(
            {"ids": [self.world.add_rating().rating_id for _ in range(count)]}, status=201
        )

    async def make_attachment(self, request: web.Request) -> web.Response:
        """Make a file of ``{"bytes": 26214400, "type": "c3_area_archives"}``."""
        wish = await read_wish(request, "bytes", "type")
        type_ = wish.get("type", RESPONSE_ATTACHMENTS)
        if type_ not in FILE_TYPES:
            raise refused(f"type is one of {', '.join(FILE_TYPES)}")
        size = int(number_in(wish, "bytes", default=1_000, most=LARGEST_FILE))
        return json_answer(
            expected_state.file_truth(self.world.add_file(type_, size_bytes=size)), status=201
        )

    async def send_callback(self, request: web.Request) -> web.Response:
        """Answer ``{"errand_id": ...}`` now and send the callback.

        ``attachments`` and ``archives`` say how many files to make up; ``files`` lists such as
        were made before: ``[{"type": "c3_response_attachments", "id": 1270}]``.
        """
        wish = await read_wish(request, "errand_id", "attachments", "archives", "files")
        errand = self._errand(id_in(wish.get("errand_id")))
        callback = self.world.answer(
            errand,
            attachments=int(number_in(wish, "attachments", default=0, most=10_000)),
            archives=int(number_in(wish, "archives", default=0, most=10_000)),
            known=self._known_files(wish.get("files", [])),
        )
        if callback is None:
            raise refused("no callback is sent: no --callback-url, or too many wait")
        return json_answer(expected_state.callback_truth(callback), status=201)

    async def show_faults(self, _request: web.Request) -> web.Response:
        """Show the switches that are on."""
        return json_answer(self.faults.description())

    async def set_faults(self, request: web.Request) -> web.Response:
        """Set switches: ``{"error_500": {"probability": 0.1}, "busy": null}``; null is off."""
        wish = await read_wish(request, *FaultName)
        try:
            faults = {
                FaultName(name): None if switch is None else read_fault(FaultName(name), switch)
                for name, switch in wish.items()
            }
        except (ValueError, AttributeError) as error:
            raise refused(str(error)) from error
        for name, fault in faults.items():
            self.faults.switch(name, fault)
        return json_answer(self.faults.description())

    async def clear_faults(self, _request: web.Request) -> web.Response:
        """Switch all faults off."""
        self.faults.clear()
        return json_answer(self.faults.description())

    def _of_family(self, control: FamilyControl) -> Callable[[web.Request], Any]:
        async def answer(request: web.Request) -> web.Response:
            wish = request.query if request.method == "GET" else await read_wish(request)
            try:
                return json_answer(control(self.world, wish))
            except ValueError as error:
                raise refused(str(error)) from error

        return answer

    def _errand(self, errand_id: int) -> Errand:
        try:
            return self.world.errands[errand_id]
        except KeyError:
            raise refused("no such errand", web.HTTPNotFound) from None

    def _known_files(self, wished: Any) -> tuple[FileKey, ...]:
        try:
            keys = tuple(FileKey(one["type"], one["id"]) for one in wished)
        except (TypeError, LookupError) as error:
            raise refused('files is a list of {"type": ..., "id": ...}') from error
        if any(key not in self.world.files for key in keys):
            raise refused("no such file", web.HTTPNotFound)
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
