"""Finding the route of a path."""

from __future__ import annotations

import pytest

from deploy.sandbox.http.replies import Reply
from deploy.sandbox.http.routes import Request, Resource, ResourceRoutes, Routes


def answer(_request: Request) -> Reply:
    return Reply(status=200)


ROUTES = Routes(
    [
        ResourceRoutes(custom={"capi/custom/logio": answer}),
        ResourceRoutes(
            resources=(
                Resource(type="c3_libraries", relations={"questions": "c3_questions"}),
                Resource(type="c3_cards"),
            )
        ),
    ]
)


@pytest.mark.parametrize(
    ("path", "type_", "remote_id", "relation"),
    [
        ("capi/custom/logio", "logio", None, None),
        ("capi/json/c3_libraries", "c3_libraries", None, None),
        ("capi/json/c3_libraries/017", "c3_libraries", 17, None),
        ("capi/json/c3_libraries/-1", "c3_libraries", -1, None),
        ("capi/json/c3_libraries/x", "c3_libraries", None, None),
        ("capi/json/c3_libraries/17/questions", "c3_libraries", 17, "questions"),
        ("capi/json/c3_libraries/17/relationships/questions", "c3_libraries", 17, "questions"),
    ],
)
def test_a_path_leads_to_a_type_an_id_and_a_relation(path, type_, remote_id, relation):
    route = ROUTES.find("GET", path)

    assert route is not None
    assert (route.type, route.remote_id, route.relation) == (type_, remote_id, relation)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "capi",
        "capi/json/",
        "capi/json/c3_other",
        "capi/json/c3_libraries/",
        "capi/json/c3_libraries/17/answers",
        "capi/json/c3_libraries/17/relationships",
        "capi/json/c3_libraries/17/questions/3",
        "capi/json/c3_cards/17/questions",
        "capi/custom/logio/5",
        "capi/json/logio",
    ],
)
def test_a_path_of_no_resource_is_not_found(path):
    assert ROUTES.find("GET", path) is None


@pytest.mark.parametrize(
    ("method", "below"),
    [("PUT", ""), ("HEAD", ""), ("DELETE", ""), ("PATCH", ""), ("POST", "/17"), ("PUT", "/17")],
)
def test_a_method_without_a_route_is_not_found(method, below):
    assert ROUTES.find(method, f"capi/json/c3_libraries{below}") is None


@pytest.mark.parametrize(
    ("method", "path", "redirected"),
    [
        ("GET", "c3_libraries/", True),
        ("POST", "c3_libraries/", True),
        ("GET", "c3_cards/17/", True),
        ("GET", "c3_libraries/17/", False),
        ("DELETE", "c3_libraries/17/", True),
        ("GET", "c3_libraries/17/questions/", True),
        ("POST", "c3_cards/17/", False),
        ("GET", "c3_libraries", False),
    ],
)
def test_a_slash_too_many_is_redirected_unless_a_route_goes_on_there(method, path, redirected):
    assert ROUTES.redirects(method, f"capi/json/{path}") is redirected
