"""Mails by a real mail server, and by servers that misbehave."""

from __future__ import annotations

import asyncio
import queue
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from workers.clients.http import Timeouts
from workers.clients.mail_message import MailFile, OutgoingMail
from workers.clients.smtp import SmtpClient
from workers.clients.surveys.outcomes import (
    Refused,
    SurelyNotSent,
    Triggered,
    Unknown,
    VendorRefusesUs,
)
from workers.config.mail import SmtpAccount

PASSWORD = "a-password-of-mail"
TOKEN = "t0kenT0kenT0kenT0ken22"
LINK = f"https://ask.example.com/s/{TOKEN}"
STOP = f"<{LINK}/stop>"
MAIL = OutgoingMail(
    to="karin@customer.example",
    subject="Så här gick det — eller?",
    text=f"Hej!\n\n.En rad som börjar med en punkt\n{LINK}\n",
    html=f'<p>Hej!</p><p><a href="{LINK}">{LINK}</a></p>',
    message_id="<own.1@nordkust.example>",
    headers={"List-Unsubscribe": STOP, "Auto-Submitted": "auto-generated"},
    secrets=(TOKEN,),
)
BRIEF = Timeouts(connect_s=1.0, read_s=0.3, total_s=0.6)


class Server:
    """Answers as a test wants it to, and keeps what it takes."""

    def __init__(self) -> None:
        self.said: dict[str, str] = {}  # by command
        self.envelopes: list[Envelope] = []
        self.mail_options: list[str] = []

    def authenticate(self, *_: object) -> AuthResult:
        return AuthResult(success="AUTH" not in self.said, handled=False)

    async def handle_MAIL(  # noqa: N802  # so called by aiosmtpd
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.mail_from = address
        self.mail_options = options
        return self.said.get("MAIL", "250 OK")

    async def handle_RCPT(  # noqa: N802  # so called by aiosmtpd
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.rcpt_tos.append(address)
        return self.said.get("RCPT", "250 OK")

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        self.envelopes.append(envelope)
        return self.said.get("DATA", "250 OK")

    def mail(self) -> EmailMessage:
        [envelope] = self.envelopes
        return message_from_bytes(envelope.content, policy=policy.default)


@contextmanager
def running(
    server: Server, *, tls: ssl.SSLContext | None = None, **options: object
) -> Iterator[int]:
    """Run the server in a thread; yields its port."""
    ports: queue.Queue[int] = queue.Queue()
    stop: list[Callable[[], object]] = []
    connections: list[SMTP] = []

    def connection() -> SMTP:
        made = SMTP(
            server,
            hostname="x",
            authenticator=server.authenticate,
            auth_require_tls=False,
            loop=asyncio.get_running_loop(),
            **options,
        )
        connections.append(made)
        return made

    async def serve() -> None:
        stopped, loop = asyncio.Event(), asyncio.get_running_loop()
        listening = await loop.create_server(connection, "127.0.0.1", 0, ssl=tls)
        stop.append(lambda: loop.call_soon_threadsafe(stopped.set))
        ports.put(listening.sockets[0].getsockname()[1])
        await stopped.wait()
        listening.close()
        for one in connections:
            if one.transport is not None:
                one.transport.abort()
        while any(one.transport is not None for one in connections):
            await asyncio.sleep(0)

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    try:
        yield ports.get(timeout=10)
    finally:
        stop[0]()
        thread.join(10)


def client_at(
    port: int,
    *,
    host: str = "127.0.0.1",
    timeouts: Timeouts | None = None,
    tls_first: bool = False,
):
    account = SmtpAccount(
        host=host,
        port=port,
        tls_first=tls_first,
        user="us",
        password=PASSWORD,
        sender="surveys@nordkust.example",
        sender_name="Nordkust Åland",
    )
    limits = timeouts or Timeouts(connect_s=2.0, read_s=5.0, total_s=10.0)
    return SmtpClient(account, timeouts=limits)


def send(client: SmtpClient, mail: OutgoingMail = MAIL):
    return client.send(mail, send_until_s=time.monotonic() + 15)


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def client(server: Server) -> Iterator[SmtpClient]:
    with running(server, enable_SMTPUTF8=True) as port:
        yield client_at(port)


def test_a_mail_arrives_as_it_was_written(client, server):
    assert send(client) == Triggered(remote_id=None)

    mail = server.mail()
    assert (mail["To"], mail["Subject"]) == (MAIL.to, MAIL.subject)
    assert mail["From"] == "Nordkust Åland <surveys@nordkust.example>"
    assert mail["Message-ID"] == MAIL.message_id
    assert mail["List-Unsubscribe"] == STOP
    assert mail.get_body(("plain",)).get_content().splitlines() == MAIL.text.splitlines()
    assert mail.get_body(("html",)).get_content().strip() == MAIL.html


def test_headers_and_bodies_are_in_ascii_and_a_link_in_a_header_is_in_one_line(client, server):
    send(client)

    content = server.envelopes[0].content
    assert content.isascii()
    assert f"List-Unsubscribe: {STOP}\r\n".encode() in content
    assert max(map(len, content.split(b"\r\n"))) <= 998


def test_a_long_subject_beyond_ascii_is_in_encoded_words_of_at_most_75_characters(client, server):
    subject = (
        "Hur nöjd är du med svaret från Nordkust Försäkringar, och vad kan vi göra bättre? Åäö"
    )

    send(client, replace(MAIL, subject=subject))

    words = re.findall(rb"=\?[^?]+\?[bq]\?[^?]*\?=", server.envelopes[0].content)
    assert len(words) > 2
    assert max(map(len, words)) <= 75
    assert server.mail()["Subject"] == subject


@pytest.mark.parametrize(
    ("command", "said", "outcome"),
    [
        ("MAIL", "550 5.7.1 Sender rejected", VendorRefusesUs),
        ("MAIL", "451 4.3.0 Busy", SurelyNotSent),
        ("RCPT", "550 5.1.1 No such user", Refused),
        ("RCPT", "554 5.7.1 Relay access denied", VendorRefusesUs),
        ("RCPT", "530 5.7.0 Authentication required", VendorRefusesUs),
        ("RCPT", "451 4.7.1 Greylisted", SurelyNotSent),
        ("RCPT", "421 4.3.2 Shutting down", SurelyNotSent),
        ("DATA", "554 5.6.0 Looks like spam", Refused),
        ("DATA", "452 4.3.1 Disk full", SurelyNotSent),
        ("DATA", "550 5.4.5 Daily user sending limit exceeded", VendorRefusesUs),
        ("DATA", "554 5.2.252 SendAsDenied; not allowed to send as that", VendorRefusesUs),
        ("RCPT", "550 5.7.60 Client does not have permissions", VendorRefusesUs),
        ("RCPT", "550 5.1.18 No such user", Refused),
        ("DATA", "354 What?", Unknown),
        ("AUTH", "", VendorRefusesUs),
    ],
)
def test_each_answer_of_the_server_has_an_outcome(client, server, command, said, outcome):
    server.said[command] = said

    assert isinstance(send(client), outcome)


@pytest.mark.parametrize(("said", "only"), [("451 Greylisted", True), ("421 Bye", False)])
def test_a_recipient_who_must_wait_holds_up_nobody_else(client, server, said, only):
    server.said["RCPT"] = said

    assert send(client).only_this is only


def test_no_error_quotes_the_contact_the_link_or_the_password(client, server):
    server.said["DATA"] = f"554 <karin@customer.example> may not get {LINK}, {PASSWORD}"

    outcome = send(client)

    assert outcome.reason.startswith("the mail server said 554")
    assert not [word for word in ("karin", TOKEN, PASSWORD) if word in outcome.reason]


def test_nothing_listens_is_surely_not_sent():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

        outcome = send(client_at(port))

    assert isinstance(outcome, SurelyNotSent)
    assert "nothing listens there" in outcome.reason


def test_nothing_is_handed_over_after_the_moment_until_which_it_may_be(client, server):
    outcome = client.send(MAIL, send_until_s=time.monotonic() - 1)

    assert outcome == SurelyNotSent(reason="too late to send", only_this=True)
    assert not server.envelopes


# ---- addresses ----------------------------------------------------------------------------------


def test_a_domain_beyond_ascii_is_written_to_in_punycode(client, server):
    send(client, mail_to("karin@räksmörgås.example"))

    assert server.envelopes[0].rcpt_tos == ["karin@xn--rksmrgs-5wao1o.example"]


def test_an_address_beyond_ascii_needs_a_server_that_takes_it(client, server):
    assert send(client, mail_to("åsa@example.org")) == Triggered(remote_id=None)

    assert server.envelopes[0].rcpt_tos == ["åsa@example.org"]
    assert "SMTPUTF8" in server.mail_options


def test_a_server_without_smtputf8_gets_no_address_beyond_ascii(server):
    with running(server, enable_SMTPUTF8=False) as port:
        outcome = send(client_at(port), mail_to("åsa@example.org"))

    assert isinstance(outcome, Refused)
    assert "SMTPUTF8" in outcome.reason


@pytest.mark.parametrize(
    "address",
    [
        "karin@customer.example\r\nBcc: all@customer.example",
        "karin@customer.example>\r\nDATA",
        "a b@customer.example",
        "karin@-.example",
        "karin@ex ample.org",
        "@customer.example",
        "karin",
        "",
    ],
)
def test_what_is_no_address_reaches_no_server(client, server, address):
    outcome = send(client, mail_to(address))

    assert isinstance(outcome, Refused)
    assert not server.envelopes


@pytest.mark.parametrize("text", ["Score\r\nBcc: all@customer.example", "Score\nX: y", "a\rb"])
def test_no_text_of_others_adds_a_header(client, server, text):
    mail = OutgoingMail(to=MAIL.to, subject=text, text="", message_id="<own.1@x.example>")

    outcome = send(client, mail)

    assert isinstance(outcome, Refused)
    assert not server.envelopes


def mail_to(address: str) -> OutgoingMail:
    return OutgoingMail(to=address, subject="Hej", text="Hej", message_id="<own.1@x.example>")


# ---- servers that misbehave ---------------------------------------------------------------------


def test_several_recipients_and_files_are_one_mail(server, client):
    content = "Å <script>\n".encode() * 5_000
    file = MailFile(name="report-2024-W05.html", content_type="text/html", content=content)
    mail = replace(MAIL, others=("bo@customer.example",), files=(file,))

    outcome = send(client, mail)

    [envelope] = server.envelopes
    message = message_from_bytes(envelope.content, policy=policy.default)
    [attached] = message.iter_attachments()
    assert outcome == Triggered(remote_id=None)
    assert envelope.rcpt_tos == ["karin@customer.example", "bo@customer.example"]
    assert message["To"] == "karin@customer.example, bo@customer.example"
    assert attached.get_filename() == file.name
    assert attached.get_content_type() == "text/html"
    assert attached.get_payload(decode=True) == content


@contextmanager
def scripted(talk: Callable[[socket.socket], None]) -> Iterator[int]:
    """Run a server that talks to one client as a function does."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            conn, _ = listener.accept()
            with conn, suppress(ConnectionError):  # the client may leave first
                talk(conn)

        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()[1]
        thread.join(10)


def polite(
    conn: socket.socket, *, until: bytes, ways: bytes = b"PLAIN", auth: bytes = b"235 ok"
) -> None:
    """Take everything until a line of the client that begins so."""
    said = {b"EHLO": b"250-x\r\n250 AUTH " + ways, b"AUTH": auth, b"DATA": b"354 go"}
    conn.sendall(b"220 x\r\n")
    with conn.makefile("rb") as lines:
        for line in lines:
            command = line[:4].upper()
            if command == until:
                return
            conn.sendall(said.get(command, b"250 ok") + b"\r\n")
            if command == b"DATA":
                while lines.readline() != b".\r\n":
                    pass
                return


@pytest.mark.parametrize("until", [b"EHLO", b"AUTH", b"MAIL", b"RCPT", b"DATA"])
def test_a_connection_lost_before_the_mail_is_handed_over_is_surely_not_sent(until):
    with scripted(lambda conn: polite(conn, until=until)) as port:
        outcome = send(client_at(port))

    assert isinstance(outcome, SurelyNotSent)


def test_a_connection_lost_after_the_mail_was_handed_over_is_unknown():
    with scripted(lambda conn: polite(conn, until=b"nothing")) as port:
        outcome = send(client_at(port))

    assert isinstance(outcome, Unknown)


def test_a_server_that_sends_one_byte_now_and_then_is_left_at_the_limit():
    def drip(conn: socket.socket) -> None:
        end = time.monotonic() + 5
        try:
            while time.monotonic() < end:
                conn.sendall(b"2")
                time.sleep(0.1)
        except OSError:
            pass

    with scripted(drip) as port:
        begun = time.monotonic()
        outcome = send(client_at(port, timeouts=BRIEF))

    assert isinstance(outcome, SurelyNotSent)
    assert time.monotonic() - begun < 3


def test_a_server_that_says_nothing_after_the_mail_leaves_it_unknown():
    def silent(conn: socket.socket) -> None:
        polite(conn, until=b"nothing")
        conn.recv(1024)  # until the client leaves

    with scripted(silent) as port:
        outcome = send(client_at(port, timeouts=BRIEF))

    assert isinstance(outcome, Unknown)
    assert "it does not answer in time" in outcome.reason


@pytest.mark.parametrize(
    "ways", [b"plain", b"XOAUTH2", b"PLAIN XOAUTH2"], ids=["small letters", "unknown", "several"]
)
def test_the_ways_to_log_in_are_read_as_servers_name_them(ways):
    def talk(conn: socket.socket) -> None:
        polite(conn, until=b"nothing", ways=ways)

    with scripted(talk) as port:
        outcome = send(client_at(port))

    if ways == b"XOAUTH2":
        assert isinstance(outcome, VendorRefusesUs)
        assert "no log-in that we know" in outcome.reason
    else:
        assert isinstance(outcome, Unknown)  # it hangs up after the mail


@pytest.mark.parametrize("challenge", [b"334 x", b"334 abc"])
def test_a_challenge_that_cannot_be_read_is_no_mail_of_unknown_outcome(challenge):
    def talk(conn: socket.socket) -> None:
        polite(conn, until=b"nothing", ways=b"CRAM-MD5", auth=challenge)

    with scripted(talk) as port:
        outcome = send(client_at(port))

    assert isinstance(outcome, VendorRefusesUs)


def test_a_slow_look_up_of_the_host_does_not_lift_the_limit(monkeypatch):
    real = socket.getaddrinfo

    def slow(*args, **more):
        time.sleep(BRIEF.total_s + 0.1)
        return real(*args, **more)

    monkeypatch.setattr(socket, "getaddrinfo", slow)

    def drip(conn: socket.socket) -> None:
        end = time.monotonic() + 5
        with suppress(OSError):
            while time.monotonic() < end:
                conn.sendall(b"2")
                time.sleep(0.1)

    with scripted(drip) as port:
        begun = time.monotonic()
        outcome = send(client_at(port, timeouts=BRIEF))

    assert isinstance(outcome, SurelyNotSent)
    assert time.monotonic() - begun < 3


# ---- encryption ---------------------------------------------------------------------------------


@pytest.fixture
def elsewhere(monkeypatch) -> None:
    """A name of another machine, which leads here."""
    real = socket.getaddrinfo

    def found(host, *rest, **more):
        return real("127.0.0.1" if host.endswith(".example") else host, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", found)


def test_a_server_elsewhere_without_encryption_gets_neither_password_nor_mail(server, elsewhere):
    with running(server) as port:
        outcome = send(client_at(port, host="mail.example"))

    assert isinstance(outcome, VendorRefusesUs)
    assert "STARTTLS" in outcome.reason
    assert not server.envelopes


def tls_of(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def encrypted(server: Server, certificate: Path):
    return running(server, tls_context=tls_of(certificate), require_starttls=True)


def test_a_server_of_smtps_gets_the_mail_encrypted(server, elsewhere, certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.with_suffix(".crt")))
    with running(server, tls=tls_of(certificate)) as port:
        outcome = send(client_at(port, host="mail.example", tls_first=True))

    assert outcome == Triggered(remote_id=None)


@pytest.mark.parametrize("host", ["mail.example", "other.example"])
def test_smtps_trusts_no_certificate_that_is_not_of_the_server(
    server, elsewhere, certificate, monkeypatch, host
):
    if host == "other.example":
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate.with_suffix(".crt")))
    with running(server, tls=tls_of(certificate)) as port:
        outcome = send(client_at(port, host=host, tls_first=True))

    assert isinstance(outcome, VendorRefusesUs)
    assert not server.envelopes


def test_a_server_elsewhere_gets_the_mail_encrypted(server, elsewhere, certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.with_suffix(".crt")))
    with encrypted(server, certificate) as port:
        outcome = send(client_at(port, host="mail.example"))

    assert outcome == Triggered(remote_id=None)
    assert server.mail()["To"] == MAIL.to


@pytest.mark.parametrize("host", ["mail.example", "other.example"])
def test_a_certificate_that_is_not_valid_gets_neither_password_nor_mail(
    server, elsewhere, certificate, monkeypatch, host
):
    if host == "other.example":  # it is trusted, and of another host
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate.with_suffix(".crt")))
    with encrypted(server, certificate) as port:
        outcome = send(client_at(port, host=host))

    assert isinstance(outcome, VendorRefusesUs)
    assert "certificate" in outcome.reason
    assert not server.envelopes


# ---- trying -------------------------------------------------------------------------------------


def test_a_probe_logs_in_and_sends_nothing(client, server):
    assert client.probe() is None
    assert not server.envelopes


def test_a_probe_with_a_wrong_password_says_so(client, server):
    server.said["AUTH"] = "no"

    assert isinstance(client.probe(), VendorRefusesUs)


def test_the_password_is_in_no_representation(client):
    assert PASSWORD not in repr(client)
