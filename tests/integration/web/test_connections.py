"""What is said while all connections are taken, and that figures take half of them."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from tests.support.web import visitor, web_app, web_settings
from workers.database import connections
from workers.web.database import connection, figures_connection

TAKEN = "All connections of the web face to Postgres are taken"
BUSY = "Others are reading figures"


@pytest.fixture
def pool(database):
    found = connections.open_pool(database)
    found.timeout = 60.0  # seconds, however busy the machine is; tests shorten it
    yield found
    found.close()


@pytest.fixture
def app(database, pool):
    return web_app(web_settings(database), pool)


@pytest.fixture
def signed_in(app):
    found = visitor(app)
    assert found.sign_in("olga").status_code == 303
    return found


@pytest.fixture
def held(app):
    """Takes connections as other requests do, until the end of the test."""
    with app.app_context(), ExitStack() as taken:

        def hold(kind, number):
            for _ in range(number):
                taken.enter_context(kind())

        yield hold


@pytest.mark.parametrize("path", ["/", "/errands", "/figures", "/figures/volumes.csv"])
def test_it_is_said_that_all_connections_are_taken(signed_in, held, pool, path):
    held(connection, pool.max_size)
    pool.timeout = 0.1  # seconds

    page = signed_in.get(path)

    assert page.status_code == 503
    assert page.headers["Retry-After"] == "10"
    assert TAKEN in page.get_data(as_text=True)


def test_figures_take_half_of_the_connections_and_no_other_page_waits(
    signed_in, held, pool, monkeypatch
):
    monkeypatch.setattr("workers.web.database.FIGURES_WAIT_S", 0.0)
    held(figures_connection, pool.max_size // 2)

    figures, file = signed_in.get("/figures"), signed_in.get("/figures/volumes.csv")

    assert figures.status_code == 200
    assert 'name="from"' in figures.get_data(as_text=True)
    assert BUSY in figures.get_data(as_text=True)
    assert file.status_code == 503
    assert BUSY in file.get_data(as_text=True)
    for path in ("/", "/errands", "/troubles", "/surveys"):
        assert signed_in.get(path).status_code == 200


def test_connections_that_are_given_back_serve_the_next(signed_in, app, pool):
    with app.app_context():
        for _ in range(2 * pool.max_size):
            with figures_connection():
                pass

    assert BUSY not in signed_in.text("/figures")


def test_a_postgres_that_is_away_is_not_said_to_be_busy(signed_in, app):
    away = connections.open_pool("postgresql://127.0.0.1:1/nothing")
    away.timeout = 0.1
    app.config["POOL"] = away

    page = signed_in.get("/")

    away.close()
    assert page.status_code == 503
    assert "Postgres does not answer" in page.get_data(as_text=True)
