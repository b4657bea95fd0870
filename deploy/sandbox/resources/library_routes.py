"""The routes of the library, its filters, and what tests may ask and change behind it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from deploy.sandbox.expected_state import file_truth
from deploy.sandbox.http.replies import Reply, document_reply
from deploy.sandbox.http.routes import Asked, Family, Handler, Rejected
from deploy.sandbox.resources.library import (
    ATTACHMENTS,
    CATEGORIES,
    CHANGES,
    LIBRARIES,
    QUESTIONS,
    Library,
    Question,
)
from deploy.sandbox.resources.library_documents import (
    EXTERNAL,
    Key,
    Writer,
    file_resource,
    reachable,
)
from deploy.sandbox.world.records import AREA_ARCHIVES, FileKey
from deploy.sandbox.world.world import World

SEARCHED: Mapping[str, Callable[[Question], str]] = {
    "question": lambda question: f"{question.subject} {question.question}",
    "answer": lambda question: question.answer,
    "all": lambda question: f"{question.subject} {question.question} {question.answer}",
}


def _writer(asked: Asked) -> Writer:
    data_url = asked.query.get("data_url") == "true"
    return Writer(asked.world.part(Library), asked.rng, data_url=data_url)


def _listing(keys: Callable[[Library], list[Key]]) -> Handler:
    def handle(asked: Asked) -> Reply:
        return document_reply(_writer(asked).listing(keys(asked.world.part(Library))))

    return handle


def _single(type_: str, keys: Callable[[Library], list[Key]]) -> Handler:
    def handle(asked: Asked) -> Reply:
        key = (type_, asked.remote_id or 0)
        if key not in keys(asked.world.part(Library)):
            raise Rejected(404, "resource not found")
        return document_reply(_writer(asked).single(key))

    return handle


def _top_libraries(library: Library) -> list[Key]:
    return [key for key, shelf in library.shelves.items() if shelf.top_level]


def _all_libraries(library: Library) -> list[Key]:
    return [key for key in library.shelves if key[0] == LIBRARIES]


def _external(library: Library) -> list[Key]:
    return [(EXTERNAL, shelf.shelf_id) for shelf in library.shelves.values() if shelf.external]


def _categories(library: Library) -> list[Key]:
    return [key for key in library.shelves if key[0] == CATEGORIES]


def _questions(library: Library) -> list[Key]:
    return [(QUESTIONS, number) for number in library.questions]


def _found_questions(asked: Asked) -> Reply:
    questions = asked.world.part(Library).questions.values()
    return document_reply(_writer(asked).listing(_filtered(asked, list(questions))))


def _filtered(asked: Asked, found: list[Question]) -> list[Key]:
    """Choose questions; of a phrase with commas, only what is before the first is looked for."""
    if asked.query.get("filter[toplist]", "").split(",")[0] == "true":
        found = [question for question in found if question.toplist]
    phrase = asked.query.get("q_filter[phrase]", "").split(",")[0].lower()
    if phrase:
        searched = SEARCHED.get(asked.query.get("q_filter[option]", "all"), SEARCHED["all"])
        found = [question for question in found if phrase in searched(question).lower()]
    return [(QUESTIONS, question.question_id) for question in found]


def _questions_of_library(asked: Asked) -> Reply:
    library = asked.world.part(Library)
    shelf = library.shelves.get((LIBRARIES, asked.remote_id or 0))
    if shelf is None:
        raise Rejected(404, "resource not found")
    held = [library.questions[number] for type_, number in shelf.holds if type_ == QUESTIONS]
    return document_reply(_writer(asked).listing(_filtered(asked, held)))


def _file(type_: str) -> Handler:
    def handle(asked: Asked) -> Reply:
        library, key = asked.world.part(Library), FileKey(type_, asked.remote_id or 0)
        if key not in asked.world.files:
            raise Rejected(404, "resource not found")
        content = asked.query.get("without_content") != "true"
        data = file_resource(library, key, content=content)
        href = f"http://localhost/capi/json/{type_}/{key.file_id}"
        return document_reply({"data": data, "links": {"self": {"href": href}}})

    return handle


def _files_of(keys: Callable[[Question], list[FileKey]]) -> Handler:
    def handle(asked: Asked) -> Reply:
        library = asked.world.part(Library)
        question = library.questions.get(asked.remote_id or 0)
        if question is None:
            raise Rejected(404, "resource not found")
        content = asked.query.get("without_content") != "true"
        data = [file_resource(library, key, content=content) for key in keys(question)]
        return document_reply({"data": data or None})

    return handle


def _truth(world: World, _query: Mapping[str, Any]) -> dict[str, Any]:
    """Tell what a whole picture of the library holds."""
    library = world.part(Library)
    listed = [*_top_libraries(library), *_categories(library), *_questions(library)]
    there = {*listed, *reachable(library, [*listed, *_external(library)])}
    shelves = [shelf for key, shelf in library.shelves.items() if key in there or shelf.external]
    return {
        "shelves": [
            {
                "type": shelf.type,
                "id": shelf.shelf_id,
                "name": shelf.name,
                "external": shelf.external,
                "top_level": shelf.top_level,
                "holds": sorted(set(map(tuple, shelf.holds))),
            }
            for shelf in shelves
        ],
        "questions": [
            {
                "id": question.question_id,
                "subject": question.subject,
                "question": question.question,
                "answer": question.answer,
                "toplist": question.toplist,
                "attachments": [file_truth(world.files[key]) for key in question.attachments],
                "archives": [file_truth(world.files[key]) for key in question.archives],
            }
            for question in library.questions.values()
        ],
    }


def _change(world: World, wish: Mapping[str, Any]) -> dict[str, Any]:
    """Change the library ``{"count": 3}`` times, in the way ``{"kind": ...}`` names."""
    kind, count = wish.get("kind"), wish.get("count", 1)
    if kind is not None and kind not in CHANGES:
        raise ValueError(f"kind is one of {', '.join(CHANGES)}")
    if type(count) is not int or not 1 <= count <= 10_000:
        raise ValueError("count is a number from 1 to 10000")
    return {"changes": [world.part(Library).change(kind) for _ in range(count)]}


JSON = "capi/json"
FAMILY = Family(
    routes={
        ("GET", f"{JSON}/{LIBRARIES}"): _listing(_top_libraries),
        ("GET", f"{JSON}/{LIBRARIES}/{{id}}"): _single(LIBRARIES, _all_libraries),
        ("GET", f"{JSON}/{LIBRARIES}/{{id}}/questions"): _questions_of_library,
        ("GET", f"{JSON}/{EXTERNAL}"): _listing(_external),
        ("GET", f"{JSON}/{EXTERNAL}/{{id}}"): _single(EXTERNAL, _external),
        ("GET", f"{JSON}/{CATEGORIES}"): _listing(_categories),
        ("GET", f"{JSON}/{CATEGORIES}/{{id}}"): _single(CATEGORIES, _categories),
        ("GET", f"{JSON}/{QUESTIONS}"): _found_questions,
        ("GET", f"{JSON}/{QUESTIONS}/{{id}}"): _single(QUESTIONS, _questions),
        ("GET", f"{JSON}/{QUESTIONS}/{{id}}/attachments"): _files_of(lambda q: q.attachments),
        ("GET", f"{JSON}/{QUESTIONS}/{{id}}/embedded_archives"): _files_of(lambda q: q.archives),
        ("GET", f"{JSON}/{ATTACHMENTS}/{{id}}"): _file(ATTACHMENTS),
        ("GET", f"{JSON}/{AREA_ARCHIVES}/{{id}}"): _file(AREA_ARCHIVES),
    },
    controls={("GET", "truth/library"): _truth, ("POST", "library/change"): _change},
)
