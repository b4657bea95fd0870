"""Finding the route and the id of a path."""

from __future__ import annotations

import pytest

from deploy.sandbox.http.replies import Reply
from deploy.sandbox.http.routes import Request, ResourceRoutes, Routes


def answer(_request: Request) -> Reply:
    return Reply(status=200)


def create(_request: Request) -> Reply:
    return Reply(status=201)


ROUTES = Routes(
    [
        ResourceRoutes(routes={("GET", "capi/custom/logio"): answer}),
        ResourceRoutes(
            routes={
                ("GET", "capi/json/c3_libraries"): answer,
                ("POST", "capi/json/c3_libraries"): create,
                ("GET", "capi/json/c3_libraries/{id}/questions"): answer,
            }
        ),
    ]
)


@pytest.mark.parametrize(
    ("path", "type_", "remote_id"),
    [
        ("capi/custom/logio", "logio", None),
        ("capi/json/c3_libraries", "c3_libraries", None),
        ("capi/json/c3_libraries/17/questions", "c3_libraries", 17),
        ("capi/json/c3_libraries/x/questions", "c3_libraries", None),
        ("capi/json/c3_libraries/{id}/questions", "c3_libraries", None),
    ],
)
def test_a_path_leads_to_a_type_and_an_optional_id(path, type_, remote_id):
    target = ROUTES.find(path)

    assert target is not None
    assert (target.type, target.remote_id) == (type_, remote_id)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "capi",
        "capi/json/c3_libraries/17",
        "capi/json/c3_libraries/17/answers",
        "capi/json/c3_libraries/17/questions/3",
        "capi/json/c3_libraries/17/18",
        "capi/custom/logio/5",
        "capi/json/logio",
    ],
)
def test_a_path_without_a_family_is_not_found(path):
    assert ROUTES.find(path) is None


def test_a_path_may_have_several_methods():
    target = ROUTES.find("capi/json/c3_libraries")

    assert target is not None
    assert ROUTES.handler("GET", target) is answer
    assert ROUTES.handler("POST", target) is create
    assert ROUTES.handler("PUT", target) is None
    assert ROUTES.methods(target) == "OPTIONS,GET,POST"
