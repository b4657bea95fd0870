"""The routes of the library with their filters, and its control routes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from deploy.sandbox.expected_state import expected_file
from deploy.sandbox.http.routes import (
    ApiError,
    Document,
    Find,
    Request,
    Resource,
    ResourceRoutes,
)
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


def _listing(keys: Callable[[Library], list[Key]]) -> Find:
    def find_all(request: Request) -> Document:
        return _document_writer(request).listing(keys(request.world.state(Library)))

    return find_all


def _single(type_: str, keys: Callable[[Library], list[Key]]) -> Find:
    def find_one(request: Request) -> Document:
        key = (type_, request.remote_id)
        if key not in keys(request.world.state(Library)):
            raise ApiError(404, "resource not found")
        return _document_writer(request).single(key)

    return find_one


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


def _found_questions(request: Request) -> Document:
    """Return questions: all of them, or those of a library; an unknown library has none."""
    library = request.world.state(Library)
    found = list(library.questions.values())
    if request.parent_type == LIBRARIES:
        container = library.containers.get((LIBRARIES, request.remote_id))
        children = container.children if container else []
        found = [library.questions[number] for type_, number in children if type_ == QUESTIONS]
    return _document_writer(request).listing(_filtered(request, found))


def _filtered(request: Request, found: list[Question]) -> list[Key]:
    """Filter questions; of a phrase with commas, only the text before the first one is used."""
    if request.query.get("filter[toplist]", "").split(",")[0] == "true":
        found = [question for question in found if question.toplist]
    phrase = request.query.get("q_filter[phrase]", "").split(",")[0].lower()
    if phrase:
        searched = SEARCHED.get(request.query.get("q_filter[option]", "all"), SEARCHED["all"])
        found = [question for question in found if phrase in searched(question).lower()]
    return [(QUESTIONS, question.question_id) for question in found]


def _file(type_: str) -> Find:
    def find_one(request: Request) -> Document:
        library, key = request.world.state(Library), FileKey(type_, request.remote_id)
        if key not in request.world.files:
            raise ApiError(404, "resource not found")
        content = request.query.get("without_content") != "true"
        data = file_resource(library, key, content=content)
        href = f"http://localhost/capi/json/{type_}/{key.file_id}"
        return {"data": data, "links": {"self": {"href": href}}}

    return find_one


def _files_of(keys: Callable[[Question], list[FileKey]]) -> Find:
    """Return the list of a question's files; an unknown question has none."""

    def find_all(request: Request) -> Document:
        if request.parent_type != QUESTIONS:
            raise ApiError(404, "Resource does not implement the FindAll interface")
        library = request.world.state(Library)
        question = library.questions.get(request.remote_id)
        content = request.query.get("without_content") != "true"
        found = keys(question) if question else []
        return {"data": [file_resource(library, key, content=content) for key in found] or None}

    return find_all


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


SHELVES = {"libraries": LIBRARIES, "categories": CATEGORIES, "questions": QUESTIONS}
RESOURCE_ROUTES = ResourceRoutes(
    resources=(
        Resource(
            type=LIBRARIES,
            find_one=_single(LIBRARIES, _all_libraries),
            find_all=_listing(_top_libraries),
            relations=SHELVES,
        ),
        Resource(
            type=EXTERNAL,
            find_one=_single(EXTERNAL, _external),
            find_all=_listing(_external),
            relations=SHELVES,
        ),
        Resource(
            type=CATEGORIES,
            find_one=_single(CATEGORIES, _categories),
            find_all=_listing(_categories),
            relations=SHELVES,
        ),
        Resource(
            type=QUESTIONS,
            find_one=_single(QUESTIONS, _questions),
            find_all=_found_questions,
            relations={"attachments": ATTACHMENTS, "embedded_archives": AREA_ARCHIVES},
        ),
        Resource(
            type=ATTACHMENTS,
            find_one=_file(ATTACHMENTS),
            find_all=_files_of(lambda question: question.attachments),
        ),
        Resource(
            type=AREA_ARCHIVES,
            find_one=_file(AREA_ARCHIVES),
            find_all=_files_of(lambda question: question.archives),
        ),
    ),
    controls={("GET", "truth/library"): _expected_library, ("POST", "library/change"): _change},
)
