"""The control routes under ``/sandbox/``: expected state, changes and faults."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from deploy.sandbox import expected_state
from deploy.sandbox.http.api import Api
from deploy.sandbox.http.faults import FaultName, Faults, read_fault
from deploy.sandbox.http.replies import Reply, response_of
from deploy.sandbox.http.resources import RESOURCES
from deploy.sandbox.http.routes import Control as RouteControl
from deploy.sandbox.request_json import (
    control_error,
    json_response,
    read_id,
    read_number,
    read_request_json,
)
from deploy.sandbox.surveys.answer_push import AnswerPush
from deploy.sandbox.world.activity import WEIGHTS, Activity
from deploy.sandbox.world.callbacks import CallbackSender
from deploy.sandbox.world.changes import KINDS
from deploy.sandbox.world.records import AREA_ARCHIVES, RESPONSE_ATTACHMENTS, Errand, FileKey
from deploy.sandbox.world.world import World

BATCH_SIZE = 200  # errands created before other requests are served
MAX_FILE_BYTES = 200 * 1024 * 1024
FILE_TYPES = (RESPONSE_ATTACHMENTS, AREA_ARCHIVES)


@dataclass(frozen=True, kw_only=True)
class Control:
    """Handlers that read and change the state behind the API. They need no token."""

    world: World
    activity: Activity
    faults: Faults
    api: Api
    sender: CallbackSender | None
    push: AnswerPush | None

    def routes(self) -> list[web.RouteDef]:
        """Return the routes for the application."""
        return [
            web.get("/sandbox/truth", self.expected),
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
                web.route(method, f"/sandbox/{path}", self._control_reply(control))
                for resource in RESOURCES
                for (method, path), control in resource.controls.items()
            ),
        ]

    async def expected(self, request: web.Request) -> web.Response:
        """Answer with the expected state of everything, or of ``?errand=ID``."""
        if "errand" in request.query:
            errand = self._errand(read_id(request.query["errand"]))
            return json_response(expected_state.expected_errand(self.world, errand))
        return json_response(await expected_state.expected_state(self.world))

    async def stats(self, _request: web.Request) -> web.Response:
        """Answer with the counts."""
        return json_response(self._stats())

    async def quiet(self, _request: web.Request) -> web.Response:
        """Stop the changes; waiting callbacks are still sent."""
        self.activity.running = False
        return json_response(self._stats())

    async def resume(self, request: web.Request) -> web.Response:
        """Start the changes, at ``{"rate": changes a second}`` if given."""
        body = await read_request_json(request, "rate")
        self.activity.rate = read_number(body, "rate", default=self.activity.rate, maximum=10_000)
        self.activity.running = True
        return json_response(self._stats())

    async def make_errands(self, request: web.Request) -> web.Response:
        """Create ``{"count": 10000, "actions": 10}`` dirty errands; answer with their ids."""
        body = await read_request_json(request, "count", "actions")
        count = int(read_number(body, "count", default=1, maximum=1_000_000))
        actions = int(read_number(body, "actions", default=1, minimum=1, maximum=10_000))
        made = []
        for number in range(count):
            made.append(self.world.add_errand(actions=actions).errand_id)
            if number % BATCH_SIZE == BATCH_SIZE - 1:
                await asyncio.sleep(0)
        return json_response({"ids": made}, status=201)

    async def change_errand(self, request: web.Request) -> web.Response:
        """Change one errand by ``{"kind": ...}``, or at random."""
        body = await read_request_json(request, "kind")
        kinds = ("answer", *KINDS)
        usual = tuple(kind for kind in kinds if kind in WEIGHTS)
        kind = body.get("kind") or self.world.rng.choice(usual)
        if kind not in kinds:
            raise control_error(f"kind must be one of {', '.join(kinds)}")
        errand = self._errand(read_id(request.match_info["errand_id"]))
        self.world.change(errand, kind)
        return json_response(expected_state.expected_errand(self.world, errand))

    async def make_ratings(self, request: web.Request) -> web.Response:
        """Create ``{"count": 1}`` ratings, or change the one of ``{"rating_id": ...}``."""
        body = await read_request_json(request, "count", "rating_id")
        if "rating_id" in body:
            rating = self.world.ratings.get(read_id(body["rating_id"]))
            if rating is None:
                raise control_error("no such rating", web.HTTPNotFound)
            return json_response({"ids": [self.world.change_rating(rating).rating_id]})
        count = int(read_number(body, "count", default=1, maximum=100_000))
        return json_response(
            {"ids": [self.world.add_rating().rating_id for _ in range(count)]}, status=201
        )

    async def make_attachment(self, request: web.Request) -> web.Response:
        """Create a file of ``{"bytes": 26214400, "type": "c3_area_archives"}``."""
        body = await read_request_json(request, "bytes", "type")
        type_ = body.get("type", RESPONSE_ATTACHMENTS)
        if type_ not in FILE_TYPES:
            raise control_error(f"type must be one of {', '.join(FILE_TYPES)}")
        size = int(read_number(body, "bytes", default=1_000, maximum=MAX_FILE_BYTES))
        return json_response(
            expected_state.expected_file(self.world.add_file(type_, size_bytes=size)), status=201
        )

    async def send_callback(self, request: web.Request) -> web.Response:
        """Answer the errand ``{"errand_id": ...}`` now and send the callback.

        ``attachments`` and ``archives`` are numbers of new files; ``files`` lists existing ones:
        ``[{"type": "c3_response_attachments", "id": 1270}]``.
        """
        body = await read_request_json(request, "errand_id", "attachments", "archives", "files")
        errand = self._errand(read_id(body.get("errand_id")))
        callback = self.world.answer(
            errand,
            attachments=int(read_number(body, "attachments", default=0, maximum=10_000)),
            archives=int(read_number(body, "archives", default=0, maximum=10_000)),
            known=self._known_files(body.get("files", [])),
        )
        if callback is None:
            raise control_error("no callback is sent: no --callback-url, or too many are waiting")
        return json_response(expected_state.expected_callback(callback), status=201)

    async def show_faults(self, _request: web.Request) -> web.Response:
        """Answer with the faults that are on."""
        return json_response(self.faults.description())

    async def set_faults(self, request: web.Request) -> web.Response:
        """Set faults: ``{"error_500": {"probability": 0.1}, "busy": null}``; null is off."""
        body = await read_request_json(request, *FaultName)
        try:
            faults = {
                FaultName(name): None if switch is None else read_fault(FaultName(name), switch)
                for name, switch in body.items()
            }
        except (ValueError, AttributeError) as error:
            raise control_error(str(error)) from error
        for name, fault in faults.items():
            self.faults.switch(name, fault)
        return json_response(self.faults.description())

    async def clear_faults(self, _request: web.Request) -> web.Response:
        """Clear all faults."""
        self.faults.clear()
        return json_response(self.faults.description())

    def _control_reply(self, control: RouteControl) -> Callable[[web.Request], Any]:
        async def answer(request: web.Request) -> web.Response:
            body = request.query if request.method == "GET" else await read_request_json(request)
            try:
                result = control(self.world, body)
            except ValueError as error:
                raise control_error(str(error)) from error
            return response_of(result) if isinstance(result, Reply) else json_response(result)

        return answer

    def _errand(self, errand_id: int) -> Errand:
        errand = self.world.errand(errand_id)
        if errand is None:
            raise control_error("no such errand", web.HTTPNotFound)
        return errand

    def _known_files(self, listed: Any) -> tuple[FileKey, ...]:
        try:
            keys = tuple(FileKey(one["type"], one["id"]) for one in listed)
        except (TypeError, LookupError) as error:
            raise control_error('files must be a list of {"type": ..., "id": ...}') from error
        if any(key not in self.world.files for key in keys):
            raise control_error("no such file", web.HTTPNotFound)
        return keys

    def _stats(self) -> dict[str, Any]:
        world, sender = self.world, self.sender
        accepted = sum(callback.accepted for callback in world.callbacks.values())
        return {
            "running": self.activity.running,
            "rate": self.activity.rate,
            "errands": len(world.errands),
            "history": world.history.count,
            "dirty_errands": len(world.dirty_errands),
            "ratings": len(world.ratings),
            "dirty_ratings": len(world.dirty_ratings),
            "attachments": len(world.files),
            "changes": dict(world.counts),
            "requests": dict(self.api.answered),
            "faults": dict(self.faults.injected),
            "callbacks": {
                "made": len(world.callbacks),
                "accepted": accepted,
                "waiting": len(world.callbacks) - accepted,
                "in_flight": sender.in_flight if sender else 0,
                "outcomes": dict(sender.outcomes) if sender else {},
            },
            "answers": {
                "accepted": dict(self.push.accepted) if self.push else {},
                "outcomes": dict(self.push.outcomes) if self.push else {},
            },
        }
