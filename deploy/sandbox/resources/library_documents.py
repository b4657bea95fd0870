"""JSON:API documents of the library: each includes everything that can be reached, as Cention's."""

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
    Container,
    Library,
    Question,
)
from deploy.sandbox.world.files import content_of
from deploy.sandbox.world.records import FileKey

EXTERNAL = "c3_external_libraries"
BASE = "http://localhost/capi/json"  # as Cention's links: another host, and no workspace
NAMES = {LIBRARIES: "libraries", CATEGORIES: "categories", QUESTIONS: "questions"}
Key = tuple[str, int]
Body = dict[str, Any]


class DocumentWriter:
    """Makes the document of some elements of the library."""

    def __init__(self, library: Library, rng: random.Random, *, data_url: bool) -> None:
        self.library = library
        self.rng = rng
        self.data_url = data_url

    def listing(self, keys: Iterable[Key]) -> Body:
        """Return a document of several resources; without any, it is just ``"data": null``."""
        wanted = list(keys)
        data = [self._resource(key) for key in wanted]
        if not data:
            return {"data": None}
        return {"data": data, **self._included(wanted)}

    def single(self, key: Key) -> Body:
        """Return a document of one resource; that of a question has a link to itself."""
        document: Body = {"data": self._resource(key), **self._included([key])}
        if key[0] == QUESTIONS:
            document["links"] = _self_link(key)["links"]
        return document

    def _included(self, primary: list[Key]) -> Body:
        """Return all reachable resources in random order; external libraries as plain libraries.

        A resource of the list that another one leads to is included as well, as at Cention.
        """
        copies = []
        found = {key: None for start in primary for key in reachable(self.library, [start])}
        for key in found:
            copy = self._resource(key)
            if (EXTERNAL, key[1]) in primary and key[0] == LIBRARIES:
                copy.get("relationships", {}).pop("categories", None)
            elif key[0] == CATEGORIES:
                self._without_back_links(copy, primary)
            copies.append(copy | _self_link(key))
        self.rng.shuffle(copies)
        return {"included": copies} if copies else {}

    def _without_back_links(self, copy: Body, primary: list[Key]) -> None:
        """Remove links back to the libraries of the list, as Cention does in some documents."""
        relationships = copy.get("relationships", {})
        back = {str(number) for type_, number in primary if type_ == LIBRARIES}
        if back and "libraries" in relationships:
            relationships["libraries"]["data"] = [
                one for one in relationships["libraries"]["data"] if one["id"] not in back
            ]
            if not relationships["libraries"]["data"]:
                del relationships["libraries"]

    def _resource(self, key: Key) -> Body:
        type_, number = key
        if type_ == QUESTIONS:
            return self._question(self.library.questions[number])
        if type_ == ATTACHMENTS:
            return file_resource(self.library, FileKey(*key), content=False)
        container = self.library.containers[LIBRARIES if type_ == EXTERNAL else type_, number]
        attributes: Body = {"c3_id": number, "name": container.name}
        if type_ == LIBRARIES:
            attributes["external"] = container.external
        body: Body = {"type": type_, "id": str(number), "attributes": attributes}
        if container.children:
            body["relationships"] = _relationships(container)
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
    """Return the resource of a file, with ``id`` before ``type`` as at Cention."""
    attributes = file_attributes(library.world.files[key])
    if not content:
        del attributes["attachment"]["content"]
    return {
        "id": str(key.file_id),
        "type": key.type,
        "attributes": {**attributes, "c3_id": key.file_id},
    }


def reachable(library: Library, primary: Iterable[Key]) -> Iterator[Key]:
    """Yield each element that can be reached from ``primary`` once, without ``primary`` itself."""
    start = list(primary)
    seen = set(start)
    waiting = [child for key in start for child in _children_of(library, key)]
    while waiting:
        key = waiting.pop()
        if key not in seen:
            seen.add(key)
            yield key
            waiting += _children_of(library, key)


def _children_of(library: Library, key: Key) -> list[Key]:
    type_, number = key
    if type_ == QUESTIONS:
        return [(file.type, file.file_id) for file in library.questions[number].attachments]
    container = library.containers.get((LIBRARIES if type_ == EXTERNAL else type_, number))
    return container.children if container else []


def _relationships(container: Container) -> Body:
    """Return the relationships of a container; an empty one is omitted."""
    relationships: Body = {}
    for type_, number in container.children:
        linkage = relationships.setdefault(NAMES[type_], {"data": []})["data"]
        linkage.append(_identifier((type_, number)))
    return relationships


def _identifier(key: Key) -> dict[str, str]:
    return {"type": key[0], "id": str(key[1])}


def _self_link(key: Key) -> Body:
    return {"links": {"self": {"href": f"{BASE}/{key[0]}/{key[1]}"}}}
