"""Who gets in: signing in and out, roles, proxies, and what every route asks first."""

from __future__ import annotations

import html
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from ipaddress import ip_network

import pytest
from psycopg.conninfo import conninfo_to_dict

from tests.support.databases import run_query
from tests.support.web import HASH, PASSWORD, USERS, token_of, visitor, web_settings
from workers.config.web import Role
from workers.operations.rules import passwords
from workers.web import people
from workers.web.gate import FOR_EVERY_ROLE, OPEN
from workers.web.startup import require_people

VALUES = {
    "workspace": "demo",
    "errand_id": 7,
    "answer_id": 1,
    "response_id": 1,
    "kind": "response",
    "attachment_id": 1,
    "family": "errand_reports",
    "remote_id": 7,
    "callback_id": 1,
    "filename": "style.css",
    "chart": "volumes",
    "request_id": 1,
}
PROXY = ip_network("10.0.0.7")


def routes(app, method):
    """Return endpoint and path of every route with this method."""
    adapter = app.url_map.bind("localhost")
    return [
        (rule.endpoint, adapter.build(rule.endpoint, {a: VALUES[a] for a in rule.arguments}))
        for rule in app.url_map.iter_rules()
        if method in rule.methods
    ]


def shows_sign_in(page):
    return 'name="password"' in page.get_data(as_text=True)


def test_whoever_is_not_signed_in_sees_only_how_to_sign_in(app, stranger):
    paths = [path for name, path in routes(app, "GET") if name not in OPEN]
    assert len(paths) >= 9
    for path in (*paths, "/no-such-page"):
        page = stranger.get(path)
        assert page.status_code == 401, path
        assert shows_sign_in(page), path
        assert "olga" not in page.get_data(as_text=True)


def test_a_form_of_somebody_who_is_not_signed_in_does_nothing(app, stranger, database):
    for name, path in routes(app, "POST"):
        if name not in OPEN:
            page = stranger.client.post(path, data={"id": "1", "workspace": "demo"})
            assert page.status_code == 401, path
            assert "was not done" in page.get_data(as_text=True)
    assert run_query(database, "SELECT FROM intake.operator_action") == []


def test_an_analyst_who_sends_a_form_of_operators_gets_403(app, analyst, database):
    forms = [path for name, path in routes(app, "POST") if name not in FOR_EVERY_ROLE]
    assert len(forms) >= 6
    for path in forms:
        assert analyst.post(path, id="1", workspace="demo").status_code == 403, path
    kinds = run_query(database, "SELECT kind FROM intake.operator_action")
    assert {row["kind"] for row in kinds} == {"sign_in"}


@pytest.mark.parametrize(
    "path",
    [
        "/errands/demo/7/document",
        "/troubles/documents/demo/errand_reports/7",
        "/privacy",
        "/privacy/requests/1",
        "/privacy/requests/1/export",
        "/settings",
    ],
)
def test_an_analyst_sees_no_raw_document_and_no_page_of_operators(analyst, path):
    assert analyst.get(path).status_code == 403


def test_a_get_never_acts(app, operator, database):
    before = run_query(database, "SELECT count(*) FROM intake.operator_action")
    for _, path in routes(app, "GET"):
        operator.get(path).close()
    assert run_query(database, "SELECT count(*) FROM intake.operator_action") == before
    assert run_query(database, "SELECT FROM intake.wanted") == []
    assert run_query(database, "SELECT FROM intake.operator_request") == []
    assert operator.get("/sign-out").status_code == 405


def test_every_page_is_shown_by_sessions_that_cannot_write(make_app, operator, database):
    run_query(
        database,
        "INSERT INTO cention.sent_closing (workspace, state, errand_id, sent_by)"
        " VALUES ('demo', 'sending', 7, gen_random_uuid())",
    )
    name = conninfo_to_dict(database)["dbname"]
    run_query(database, f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
    app = make_app()
    reader = visitor(app)
    reader.client.set_cookie("cention_web", operator.client.get_cookie("cention_web").value)

    for _, path in routes(app, "GET"):
        with reader.get(path) as page:
            assert page.status_code < 500, path


def test_whatever_method_reads_signs_nobody_in_and_does_nothing(app, stranger, operator, database):
    before = run_query(database, "SELECT count(*) FROM intake.operator_action")
    form = {"name": "olga", "password": PASSWORD, "id": "1", "workspace": "demo"}
    for _, path in routes(app, "HEAD"):
        for one in (stranger, operator):
            answer = one.client.open(path, method="HEAD", data=form)
            assert answer.status_code < 500, path
            answer.close()
        assert stranger.get("/").status_code == 401, path
    assert run_query(database, "SELECT count(*) FROM intake.operator_action") == before
    assert run_query(database, "SELECT FROM intake.sign_in_attempt") == []
    assert run_query(database, "SELECT FROM intake.wanted") == []


def test_a_form_without_the_token_of_a_page_is_refused(operator, database):
    page = operator.client.post("/errands/demo/7/fetch")

    assert page.status_code == 400
    assert "too old" in page.get_data(as_text=True)
    assert run_query(database, "SELECT FROM intake.wanted") == []


def test_also_the_form_to_sign_in_needs_its_token(stranger):
    page = stranger.client.post("/sign-in", data={"name": "olga", "password": PASSWORD})

    assert page.status_code == 400


def test_after_signing_in_the_page_that_was_asked_for_is_shown(stranger):
    page = stranger.get("/errands?state=open")
    assert 'value="/errands?state=open"' in page.get_data(as_text=True)

    answer = stranger.sign_in(next="/errands?state=open")

    assert answer.headers["Location"] == "/errands?state=open"


@pytest.mark.parametrize(
    "path",
    [
        "//evil.example",
        "https://evil.example/",
        "/\\evil.example",
        "\\\\evil",
        "evil",
        "",
        "/\\[x",
        "//[x",
        "/errands\r\nX-Evil: 1",
        "/errands\0",
        "/errands\x1b[2J",
    ],
)
def test_signing_in_leads_to_no_other_server(stranger, path):
    assert stranger.sign_in(next=path).headers["Location"] == "/"


@pytest.mark.parametrize(("name", "password"), [("olga", "wrong password"), ("nobody", PASSWORD)])
def test_a_wrong_name_and_a_wrong_password_get_the_same_answer(stranger, name, password):
    page = stranger.sign_in(name, password)

    assert page.status_code == 401
    assert "Name or password is wrong." in page.get_data(as_text=True)
    assert stranger.get("/").status_code == 401


def test_an_address_tries_five_times_a_minute_whichever_process_it_asks(make_app):
    first, second = visitor(make_app()), visitor(make_app())
    statuses = [one.sign_in(password="wrong password").status_code for one in (first, second) * 3]

    assert statuses == [401] * 5 + [429]
    assert first.sign_in().status_code == 429


def test_of_attempts_at_the_same_time_no_more_than_five_are_checked(make_app):
    app = make_app()
    people_ = [visitor(app) for _ in range(9)]
    with ThreadPoolExecutor(9) as threads:
        found = list(threads.map(lambda one: one.sign_in(password="wrong").status_code, people_))

    assert found.count(401) <= 5
    assert set(found) <= {401, 429}


def test_after_a_minute_an_address_may_try_again(stranger, database):
    for _ in range(6):
        stranger.sign_in(password="wrong password")
    run_query(
        database,
        "UPDATE intake.sign_in_attempt SET attempted_at = attempted_at - interval '61 seconds'",
    )

    assert stranger.sign_in().status_code == 303


def test_other_addresses_are_not_kept_out(stranger):
    for _ in range(6):
        stranger.sign_in(password="wrong password")

    other = stranger.client.environ_base | {"REMOTE_ADDR": "192.0.2.9"}
    stranger.client.environ_base = other
    assert stranger.sign_in().status_code == 303


def test_a_strange_path_of_somebody_who_is_not_signed_in_shows_the_form(stranger):
    assert stranger.get("/%5C[x").status_code == 401
    assert stranger.get("/errands%0A").status_code == 401


def test_addresses_of_ipv4_written_as_ipv6_count_each_for_itself(stranger, database):
    stranger.client.environ_base |= {"REMOTE_ADDR": "::ffff:192.0.2.1"}
    for _ in range(6):
        stranger.sign_in(password="wrong password")
    stranger.client.environ_base |= {"REMOTE_ADDR": "::ffff:192.0.2.9"}

    assert stranger.sign_in().status_code == 303
    found = run_query(database, "SELECT DISTINCT address FROM intake.sign_in_attempt")
    assert found == [{"address": "192.0.2.1"}]


def test_sign_ins_that_succeed_do_not_count(stranger):
    assert [stranger.sign_in().status_code for _ in range(1)] == [303]
    for _ in range(6):
        stranger.post("/sign-out")
        assert stranger.sign_in().status_code == 303


def test_whoever_signs_out_is_out(operator):
    assert operator.post("/sign-out").headers["Location"] == "/sign-in"
    assert operator.get("/").status_code == 401


def test_a_session_ends_after_twelve_hours(operator, monkeypatch):
    later = people.time.time() + people.SESSION_S + 1
    monkeypatch.setattr(people.time, "time", lambda: later)

    assert operator.get("/").status_code == 401


@pytest.mark.parametrize(
    "users",
    [
        USERS[1:],
        (replace(USERS[0], password_hash=passwords.hash_of("another password")),),
    ],
)
def test_a_session_ends_with_its_user_or_password(make_app, users):
    earlier, later = visitor(make_app()), visitor(make_app(users=users))
    earlier.sign_in()
    cookie = earlier.client.get_cookie("cention_web")
    later.client.set_cookie("cention_web", cookie.value)

    assert earlier.get("/").status_code == 200
    assert later.get("/").status_code == 401


def test_a_role_that_changes_holds_at_once(make_app):
    earlier = visitor(make_app())
    earlier.sign_in()
    later = visitor(make_app(users=(replace(USERS[0], role=Role.ANALYST),)))
    later.client.set_cookie("cention_web", earlier.client.get_cookie("cention_web").value)

    assert later.post("/troubles/callbacks", id="1").status_code == 403


def test_a_cookie_that_was_changed_is_none(operator):
    cookie = operator.client.get_cookie("cention_web").value
    operator.client.set_cookie("cention_web", cookie[:-2] + "xx")

    assert operator.get("/").status_code == 401


def cookie_after(page):
    return page.headers["Set-Cookie"]


def test_scripts_and_other_sites_do_not_get_the_cookie(stranger):
    cookie = cookie_after(stranger.sign_in())

    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie
    expires = re.search(r"Expires=[^;]+", cookie)
    assert expires


def test_behind_tls_the_cookie_travels_by_tls_only(make_app):
    app = make_app(trusted_proxies=(PROXY,))
    client = app.test_client()
    client.environ_base |= {"REMOTE_ADDR": "10.0.0.7"}
    headers = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.1"}
    token = token_of(client.get("/sign-in", headers=headers, base_url="https://localhost"))
    form = {"name": "olga", "password": PASSWORD, "csrf_token": token}

    page = client.post(
        "/sign-in",
        data=form,
        headers=headers | {"Referer": "https://localhost/sign-in"},
        base_url="https://localhost",
    )

    assert "Secure" in cookie_after(page)


@pytest.fixture
def behind_proxy(make_app):
    """The web face behind a proxy that signs people in, and a way to ask through it."""
    app = make_app(
        users=(),
        trusted_header="X-Person",
        groups_header="X-Groups",
        operator_groups=frozenset({"bridge"}),
        trusted_proxies=(PROXY,),
    )
    client = app.test_client()

    def get(path="/", peer="10.0.0.7", method="GET", **headers):
        client.environ_base = client.environ_base | {"REMOTE_ADDR": peer}
        return client.open(path, method=method, headers=headers)

    return get


def test_a_trusted_proxy_names_the_person(behind_proxy):
    page = behind_proxy(**{"X-Person": "Olga", "X-Groups": "staff, bridge"})

    assert page.status_code == 200
    assert "Olga, operator" in page.get_data(as_text=True)


def test_whoever_is_in_no_group_of_operators_is_an_analyst(behind_proxy):
    page = behind_proxy(**{"X-Person": "Olga", "X-Groups": "bridges"})
    assert "Olga, analyst" in page.get_data(as_text=True)

    posted = behind_proxy("/troubles/parked", method="POST", **{"X-Person": "Olga"})
    assert posted.status_code == 403


@pytest.mark.parametrize("peer", ["127.0.0.1", "10.0.0.8", "", "::1"])
def test_nobody_else_can_name_a_person(behind_proxy, peer):
    page = behind_proxy(peer=peer, **{"X-Person": "Olga", "X-Groups": "bridge"})

    assert page.status_code == 401
    assert "Sign in through the proxy" in page.get_data(as_text=True)


def test_a_proxy_that_names_nobody_lets_nobody_in(behind_proxy):
    assert behind_proxy(**{"X-Groups": "bridge"}).status_code == 401


def test_the_address_of_a_browser_is_taken_from_a_trusted_proxy_alone(make_app, database):
    client = make_app(trusted_proxies=(PROXY,)).test_client()
    for peer in ("10.0.0.7", "10.0.0.8"):
        client.environ_base = client.environ_base | {"REMOTE_ADDR": peer}
        headers = {"X-Forwarded-For": "203.0.113.5, 192.0.2.1"}
        token = token_of(client.get("/sign-in"))
        form = {"name": "olga", "password": "wrong password", "csrf_token": token}
        client.post("/sign-in", data=form, headers=headers)

    found = run_query(database, "SELECT address FROM intake.sign_in_attempt ORDER BY attempt_id")
    assert [row["address"] for row in found] == ["192.0.2.1", "10.0.0.8"]


@pytest.mark.parametrize(
    ("said", "counted"),
    [
        ("192.0.2.1:5555", "192.0.2.1"),
        ("[2001:db8:1:2::5]:55", "2001:db8:1:2::/64"),
        ("203.0.113.5, [2001:db8:1:2::5]", "2001:db8:1:2::/64"),
        ("192.0.2.1, unknown", "10.0.0.7"),
        ("x" * 5000, "10.0.0.7"),
    ],
)
def test_of_what_a_proxy_forwards_an_address_is_counted(make_app, database, said, counted):
    client = make_app(trusted_proxies=(PROXY,)).test_client()
    client.environ_base = client.environ_base | {"REMOTE_ADDR": "10.0.0.7"}
    form = {"name": "olga", "password": "wrong", "csrf_token": token_of(client.get("/sign-in"))}
    client.post("/sign-in", data=form, headers={"X-Forwarded-For": said})

    [row] = run_query(database, "SELECT address FROM intake.sign_in_attempt")
    assert row["address"] == counted


def test_a_proxy_that_passes_a_header_of_the_browser_on_names_nobody(behind_proxy):
    page = behind_proxy(**{"X-Person": "Olga,Kim", "X-Groups": "bridge"})

    assert page.status_code == 401


def test_a_name_outside_ascii_is_shown_as_the_proxy_writes_it(behind_proxy):
    for sent in ("Åsa".encode().decode("latin-1"), "Åsa"):
        page = behind_proxy(**{"X-Person": sent, "X-Groups": "bridge"})
        assert "Åsa, operator" in page.get_data(as_text=True)


def test_a_proxy_that_changes_the_host_is_named_as_the_cause(make_app):
    client = make_app(trusted_proxies=(PROXY,)).test_client()
    client.environ_base |= {"REMOTE_ADDR": "10.0.0.7"}
    headers = {"X-Forwarded-Proto": "https", "Referer": "https://bridge.example/sign-in"}
    token = token_of(client.get("/sign-in", headers=headers, base_url="https://localhost"))
    form = {"name": "olga", "password": PASSWORD, "csrf_token": token}

    page = client.post("/sign-in", data=form, headers=headers, base_url="https://localhost")

    assert page.status_code == 400
    assert "the proxy must pass the Host header" in page.get_data(as_text=True)


def test_what_postgres_says_is_shown_to_people_who_are_signed_in_alone(operator, app, database):
    run_query(database, "DROP TABLE intake.operator_action, intake.sign_in_attempt")
    page = visitor(app).sign_in().get_data(as_text=True)
    assert "refused a query" in page
    assert "is not up to date" not in page
    assert "is not up to date" in operator.get("/troubles").get_data(as_text=True)


def test_a_hash_with_which_nothing_can_be_checked_ends_the_start(database):
    wrong = replace(USERS[0], password_hash=HASH.replace("scrypt:1024", "scrypt:1000"))
    require_people(web_settings(database))
    with pytest.raises(SystemExit):
        require_people(web_settings(database, users=(wrong,)))


def test_every_page_forbids_scripts_that_are_not_ours(app, operator, stranger):
    for one in (operator.get("/"), operator.get("/nothing"), stranger.get("/")):
        policy = one.headers["Content-Security-Policy"]
        assert "script-src 'self';" in policy
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert one.headers["X-Content-Type-Options"] == "nosniff"
        assert one.headers["Cache-Control"] == "no-store"


def test_a_sign_in_is_recorded_and_a_password_nowhere(operator, database):
    [row] = run_query(database, "SELECT person, kind, outcome FROM intake.operator_action")
    assert row == {"person": "olga", "kind": "sign_in", "outcome": "done"}


def test_the_page_comes_in_the_language_of_the_browser_or_the_chosen_one(operator):
    swedish = operator.get("/", headers={"Accept-Language": "sv-SE,sv;q=0.9,en;q=0.5"})
    assert '<html lang="sv">' in swedish.get_data(as_text=True)
    assert '<html lang="en">' in operator.text("/")

    operator.post("/language", language="sv", next="/errands")

    assert '<html lang="sv">' in operator.text("/")


def test_a_page_that_cannot_be_shown_is_told_from_a_form_that_was_refused(operator):
    assert "<h1>Cannot be shown</h1>" in operator.get("/no-such-page").get_data(as_text=True)
    refused = operator.client.post("/troubles/parked")

    assert "<h1>Not done</h1>" in refused.get_data(as_text=True)


@pytest.mark.parametrize(
    ("path", "sent_from", "shown"),
    [
        ("/errands/demo/7/fetch", "/errands/demo/7", "/errands/demo/7"),
        ("/troubles/parked", "/errands?q=parcel&state=open", "/errands?q=parcel&state=open"),
        ("/troubles/parked", "/troubles/parked", "/"),
        ("/troubles/parked", "/no-such-page", "/"),
        ("/troubles/parked", None, "/"),
        ("/troubles/parked", "//evil.example/troubles", "/"),
        ("/troubles/parked", "//[x", "/"),
    ],
)
def test_after_a_form_that_was_refused_the_language_leads_to_the_page_it_was_sent_from(
    operator, path, sent_from, shown
):
    referer = f"http://localhost{sent_from}" if sent_from else ""
    if sent_from and sent_from.startswith("//"):
        referer = f"http:{sent_from}"
    refused = operator.client.post(path, headers={"Referer": referer})
    assert refused.status_code == 400
    found = re.search(r'name="next" value="([^"]*)"', refused.get_data(as_text=True))

    back = re.findall(r'<p><a href="([^"]*)">', refused.get_data(as_text=True))
    assert [html.unescape(one) for one in back] == [*({shown} - {"/"}), "/"]

    answer = operator.post("/language", language="sv", next=html.unescape(found[1]))

    assert answer.headers["Location"] == shown
    assert operator.get(shown).status_code in (200, 404)
    assert '<html lang="sv">' in operator.get(shown).get_data(as_text=True)


def test_a_form_that_was_lost_leads_back_to_its_page_after_signing_in(stranger):
    page = stranger.client.post("/troubles/parked", headers={"Referer": "http://localhost/errands"})

    assert 'name="next" value="/errands"' in page.get_data(as_text=True)


def test_the_hash_of_a_password_is_not_shown(app):
    assert HASH not in repr(app.config["SETTINGS"])
