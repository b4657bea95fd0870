"""Short resources of the library."""

from __future__ import annotations

from typing import Any

TYPES = {
    "libraries": "c3_libraries",
    "categories": "c3_library_categories",
    "questions": "c3_library_questions",
    "attachments": "c3_library_attachments",
    "embedded_archives": "c3_area_archives",
}


def resource(
    type_: str, number: int, related: dict[str, list[int]] | None = None, **attributes: Any
) -> Any:
    """Make a resource of the library; ``related`` are its relationships."""
    body: dict[str, Any] = {
        "type": type_,
        "id": str(number),
        "attributes": {"c3_id": number, **attributes},
    }
    if related is not None:
        body["relationships"] = {
            name: {"data": [{"type": TYPES[name], "id": str(one)} for one in numbers]}
            for name, numbers in related.items()
        }
    return body


def library(number: int, **related: list[int]) -> Any:
    return resource(
        "c3_libraries", number, related or None, name=f"library {number}", external=False
    )


def category(number: int, **related: list[int]) -> Any:
    return resource("c3_library_categories", number, related or None, name=f"category {number}")


def question(number: int, *, answer: str = "Hello!", **related: list[int]) -> Any:
    return resource(
        "c3_library_questions",
        number,
        related or None,
        subject=f"question {number}",
        question="How?",
        answer=answer,
    )


def file(number: int, *, type_: str = "c3_library_attachments", name: str = "a.txt") -> Any:
    about = {"c3_id": number, "name": name, "content_type": "text/plain"}
    return resource(type_, number, attachment=about)


def listed(*resources: Any, included: tuple[Any, ...] = ()) -> dict[str, Any]:
    return {"data": list(resources) or None, **({"included": list(included)} if included else {})}
