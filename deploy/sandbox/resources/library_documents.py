"""The documents of the library: copies of a graph, each as full as Cention's are."""

from __future__ import annotations

import base64
import random
from collections.abc import Iterable, Iterator
from typing import Any

from deploy.sandbox.resources.documents import file_attributes
from deploy.sandbox.resources.library import (
    ATTACHMENTS,
    CATEGORIES,
    LIBRARIES,
    QUESTIONS,
    Library,
    Question,
    Shelf,
)
from deploy.sandbox.world.files import content_of
from deploy.sandbox.world.records import FileKey

EXTERNAL = "c3_external_libraries"
BASE = "http://localhost/capi/json"  # as Cention's links: another host, and no workspace
NAMES = {LIBRARIES: "libraries", CATEGORIES: "categories", QUESTIONS: "questions"}
Key = tuple[str, int]
Body = dict[str, Any]


class Writer:
    """Writes one document about some of the library."""

    def __init__(self, library: Library, rng: random.Random, *, data_url: bool) -> None:
        self.library = library
        self.rng = rng
        self.data_url = data_url

    def listing(self, keys: Iterable[Key]) -> Body:
        """List resources; none of them is ``"data": null``, and without ``included``."""
        wanted = list(keys)
        data = [self._resource(key) for key in wanted]
        if not data:
            return {"data": None}
        return {"data": data, **self._included(wanted)}

    def single(self, key: Key) -> Body:
        """Tell one resource; a question has links of its own."""
        document: Body = {"data": self._resource(key), **self._included([key])}
        if key[0] == QUESTIONS:
            document["links"] = _self_link(key)["links"]
        return document

    def _included(self, primary: list[Key]) -> Body:
        """Everything that can be reached, in any order; external libraries come as plain ones."""
        copies = []
        for key in reachable(self.library, primary):
            copy = self._resource(key)
            if (EXTERNAL, key[1]) in primary and key[0] == LIBRARIES:
                copy.get("relationships", {}).pop("categories", None)
            elif key[0] == CATEGORIES:
                self._without_circles(copy, primary)
            copies.append(copy | _self_link(key))
        self.rng.shuffle(copies)
        return {"included": copies} if copies else {}

    def _without_circles(self, copy: Body, primary: list[Key]) -> None:
        """Leave out what leads back to the libraries of the list, as Cention does at times."""
        told = copy.get("relationships", {})
        back = {str(number) for type_, number in primary if type_ == LIBRARIES}
        if back and "libraries" in told:
            told["libraries"]["data"] = [
                one for one in told["libraries"]["data"] if one["id"] not in back
            ]
            if not told["libraries"]["data"]:
                del told["libraries"]

    def _resource(self, key: Key) -> Body:
        type_, number = key
        if type_ == QUESTIONS:
            return self._question(self.library.questions[number])
        if type_ == ATTACHMENTS:
            return file_resource(self.library, FileKey(*key), content=False)
        shelf = self.library.shelves[LIBRARIES if type_ == EXTERNAL else type_, number]
        attributes: Body = {"c3_id": number, "name": shelf.name}
        if type_ == LIBRARIES:
            attributes["external"] = shelf.external
        body: Body = {"type": type_, "id": str(number), "attributes": attributes}
        if shelf.holds:
            body["relationships"] = _relationships(shelf)
        return body

    def _question(self, question: Question) -> Body:
        number = question.question_id
        body: Body = {
            "type": QUESTIONS,
            "id": str(number),
            "attributes": {
                "answer": self._html(question),
                "c3_id": number,
                "question": question.question,
                "subject": question.subject,
            },
        }
        if question.attachments:
            href = f"{BASE}/{QUESTIONS}/{number}"
            body["relationships"] = {
                "attachments": {
                    "data": [_identifier(key) for key in question.attachments],
                    "links": {
                        "related": {"href": f"{href}/attachments"},
                        "self": {"href": f"{href}/relationships/attachments"},
                    },
                }
            }
        return body

    def _html(self, question: Question) -> str:
        html = question.answer
        for key in question.archives if self.data_url else ():
            file = self.library.world.files[key]
            content = base64.b64encode(content_of(file)).decode()
            html = html.replace(
                f"archive/{key.file_id}", f"data:{file.content_type};base64,{content}"
            )
        return html


def file_resource(library: Library, key: FileKey, *, content: bool) -> Body:
    """Tell a file, ``id`` before ``type`` as Cention does."""
    attributes = file_attributes(library.world.files[key])
    if not content:
        del attributes["attachment"]["content"]
    return {
        "id": str(key.file_id),
        "type": key.type,
        "attributes": {**attributes, "c3_id": key.file_id},
    }


def reachable(library: Library, primary: Iterable[Key]) -> Iterator[Key]:
    """Yield what can be reached from ``primary``, each once, and none of these."""
    begun = list(primary)
    seen = set(begun)
    waiting = [held for key in begun for held in _held(library, key)]
    while waiting:
        key = waiting.pop()
        if key not in seen:
            seen.add(key)
            yield key
            waiting += _held(library, key)


def _held(library: Library, key: Key) -> list[Key]:
    type_, number = key
    if type_ == QUESTIONS:
        return [(file.type, file.file_id) for file in library.questions[number].attachments]
    shelf = library.shelves.get((LIBRARIES if type_ == EXTERNAL else type_, number))
    return shelf.holds if shelf else []


def _relationships(shelf: Shelf) -> Body:
    """Name what is held; what is empty has no key."""
    told: Body = {}
    for type_, number in shelf.holds:
        linkage = told.setdefault(NAMES[type_], {"data": []})["data"]
        linkage.append(_identifier((type_, number)))
    return told


def _identifier(key: Key) -> dict[str, str]:
    return {"type": key[0], "id": str(key[1])}


def _self_link(key: Key) -> Body:
    return {"links": {"self": {"href": f"{BASE}/{key[0]}/{key[1]}"}}}
