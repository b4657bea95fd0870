"""The routes of the library with their filters, and its control routes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from deploy.sandbox.expected_state import expected_file
from deploy.sandbox.http.replies import Reply, document_reply
from deploy.sandbox.http.routes import ApiError, Handler, Request, ResourceRoutes
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
    DocumentWriter,
    Key,
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


def _document_writer(request: Request) -> DocumentWriter:
    data_url = request.query.get("data_url") == "true"
    return DocumentWriter(request.world.state(Library), request.rng, data_url=data_url)


def _listing(keys: Callable[[Library], list[Key]]) -> Handler:
    def handle(request: Request) -> Reply:
        return document_reply(_document_writer(request).listing(keys(request.world.state(Library))))

    return handle


def _single(type_: str, keys: Callable[[Library], list[Key]]) -> Handler:
    def handle(request: Request) -> Reply:
        key = (type_, request.remote_id or 0)
        if key not in keys(request.world.state(Library)):
            raise ApiError(404, "resource not found")
        return document_reply(_document_writer(request).single(key))

    return handle


def _top_libraries(library: Library) -> list[Key]:
    return [key for key, container in library.containers.items() if container.top_level]


def _all_libraries(library: Library) -> list[Key]:
    return [key for key in library.containers if key[0] == LIBRARIES]


def _external(library: Library) -> list[Key]:
    return [
        (EXTERNAL, container.container_id)
        for container in library.containers.values()
        if container.external
    ]


def _categories(library: Library) -> list[Key]:
    return [key for key in library.containers if key[0] == CATEGORIES]


def _questions(library: Library) -> list[Key]:
    return [(QUESTIONS, number) for number in library.questions]


def _found_questions(request: Request) -> Reply:
    questions = request.world.state(Library).questions.values()
    return document_reply(_document_writer(request).listing(_filtered(request, list(questions))))


def _filtered(request: Request, found: list[Question]) -> list[Key]:
    """Filter questions; of a phrase with commas, only the text before the first one is used."""
    if request.query.get("filter[toplist]", "").split(",")[0] == "true":
        found = [question for question in found if question.toplist]
    phrase = request.query.get("q_filter[phrase]", "").split(",")[0].lower()
    if phrase:
        searched = SEARCHED.get(request.query.get("q_filter[option]", "all"), SEARCHED["all"])
        found = [question for question in found if phrase in searched(question).lower()]
    return [(QUESTIONS, question.question_id) for question in found]


def _questions_of_library(request: Request) -> Reply:
    library = request.world.state(Library)
    container = library.containers.get((LIBRARIES, request.remote_id or 0))
    if container is None:
        raise ApiError(404, "resource not found")
    questions = [
        library.questions[number] for type_, number in container.children if type_ == QUESTIONS
    ]
    return document_reply(_document_writer(request).listing(_filtered(request, questions)))


def _file(type_: str) -> Handler:
    def handle(request: Request) -> Reply:
        library, key = request.world.state(Library), FileKey(type_, request.remote_id or 0)
        if key not in request.world.files:
            raise ApiError(404, "resource not found")
        content = request.query.get("without_content") != "true"
        data = file_resource(library, key, content=content)
        href = f"http://localhost/capi/json/{type_}/{key.file_id}"
        return document_reply({"data": data, "links": {"self": {"href": href}}})

    return handle


def _files_of(keys: Callable[[Question], list[FileKey]]) -> Handler:
    def handle(request: Request) -> Reply:
        library = request.world.state(Library)
        question = library.questions.get(request.remote_id or 0)
        if question is None:
            raise ApiError(404, "resource not found")
        content = request.query.get("without_content") != "true"
        data = [file_resource(library, key, content=content) for key in keys(question)]
        return document_reply({"data": data or None})

    return handle


def _expected_library(world: World, _query: Mapping[str, Any]) -> dict[str, Any]:
    """Return the contents of a complete snapshot of the library."""
    library = world.state(Library)
    listed = [*_top_libraries(library), *_categories(library), *_questions(library)]
    present = {*listed, *reachable(library, [*listed, *_external(library)])}
    containers = [
        container
        for key, container in library.containers.items()
        if key in present or container.external
    ]
    return {
        "shelves": [
            {
                "type": container.type,
                "id": container.container_id,
                "name": container.name,
                "external": container.external,
                "top_level": container.top_level,
                "holds": sorted(set(map(tuple, container.children))),
            }
            for container in containers
        ],
        "questions": [
            {
                "id": question.question_id,
                "subject": question.subject,
                "question": question.question,
                "answer": question.answer,
                "toplist": question.toplist,
                "attachments": [expected_file(world.files[key]) for key in question.attachments],
                "archives": [expected_file(world.files[key]) for key in question.archives],
            }
            for question in library.questions.values()
        ],
    }


def _change(world: World, body: Mapping[str, Any]) -> dict[str, Any]:
    """Change the library ``{"count": 3}`` times, by ``{"kind": ...}`` or at random."""
    kind, count = body.get("kind"), body.get("count", 1)
    if kind is not None and kind not in CHANGES:
        raise ValueError(f"kind must be one of {', '.join(CHANGES)}")
    if type(count) is not int or not 1 <= count <= 10_000:
        raise ValueError("count must be a number from 1 to 10000")
    return {"changes": [world.state(Library).change(kind) for _ in range(count)]}


JSON = "capi/json"
RESOURCE_ROUTES = ResourceRoutes(
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
    controls={("GET", "truth/library"): _expected_library, ("POST", "library/change"): _change},
)
