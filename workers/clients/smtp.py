"""Mail by one SMTP server, each mail at most once: what may have left is never repeated.

Nothing has been sent before the last line of the message has. What is lost after that is of
unknown outcome; a refusal by the server is not.
"""

from __future__ import annotations

import re
import smtplib
import socket
import ssl
import sys
import threading
import time
from base64 import b64encode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from urllib.parse import quote

from workers.clients.http import Timeouts
from workers.clients.mail_message import (
    BadAddress,
    MailAddress,
    OutgoingMail,
    encoded,
    read_address,
)
from workers.clients.surveys.outcomes import (
    Outcome,
    Refused,
    SurelyNotSent,
    Triggered,
    Unknown,
    VendorRefusesUs,
    without_contacts,
)
from workers.config import connection_errors
from workers.config.limits import TCP_USER_TIMEOUT_S
from workers.config.mail import SmtpAccount

MAX_REASON = 200  # characters of what the server said
CUT_EVERY_S = 0.2  # once the time for a mail is over
_READY = 220
_GO_AHEAD = 354
_CLOSING = 421
_AUTHENTICATION = frozenset({530, 534, 535, 538})
_LOOSE_DOTS = re.compile(rb"(?m)^\.")
# Refusals that any other mail of ours would get too, at whatever step: no relaying, a sender we may
# not be (RFC 3463, and Exchange), the day's quota (Gmail), a client or a tenant without permission.
_ABOUT_US = re.compile(
    r"\brelay|SendAsDenied|\b5\.(1\.[78]|2\.252|4\.5|7\.(57|60|70[58]))\b", re.IGNORECASE
)


class _Ended(Exception):
    """The server has ended it; ``outcome`` is what that means."""

    def __init__(self, outcome: Refused | SurelyNotSent | VendorRefusesUs) -> None:
        super().__init__(type(outcome).__name__)
        self.outcome = outcome


@dataclass(slots=True)
class _Handover:
    """Whether the message may have left."""

    begun: bool = False


class SmtpClient:
    """One account at one mail server; a connection for each mail. May be shared by threads."""

    def __init__(self, account: SmtpAccount, *, timeouts: Timeouts) -> None:
        self._account = account
        self._timeouts = timeouts
        self._sender = read_address(account.sender)

    def __repr__(self) -> str:
        return "SmtpClient()"

    def send(self, mail: OutgoingMail, *, send_until_s: float) -> Outcome:
        """Hand a mail over to the server; never again after that. Returns the outcome.

        Nothing is handed over later than ``send_until_s``, on the clock of ``time.monotonic()``.
        If the server refuses some of several recipients for good, the mail goes to the others; if
        it puts one off, to nobody yet.
        """
        try:
            to = [read_address(one) for one in (mail.to, *mail.others)]
            message = encoded(
                mail, sender=self._sender, sender_name=self._account.sender_name, to=to
            )
        except BadAddress as error:
            return Refused(reason=f"the address cannot be written to: {error}")
        except ValueError:
            return Refused(reason="a header of the mail has a line break")
        handover = _Handover()
        try:
            with self._session(mail.secrets) as session:
                refused = session.envelope(self._sender, to)
                session.hand_over(message, handover, send_until_s=send_until_s)
        except _Ended as ended:
            return ended.outcome
        except OSError as error:  # every error of smtplib is one
            if handover.begun:
                return Unknown(reason=f"no answer after the mail was sent: {_why(error)}")
            return SurelyNotSent(reason=f"no connection to the mail server: {_why(error)}")
        return Triggered(remote_id=None, note=_note(refused, len(to)))

    def probe(self) -> SurelyNotSent | VendorRefusesUs | Refused | None:
        """Connect and log in, and send nothing; ``None`` if the server accepts that."""
        try:
            with self._session(()):
                return None
        except _Ended as ended:
            return ended.outcome
        except OSError as error:
            return SurelyNotSent(reason=f"no connection to the mail server: {_why(error)}")

    @contextmanager
    def _session(self, secrets: tuple[str, ...]) -> Iterator[_Session]:
        smtp = smtplib.SMTP(local_hostname=self._sender.domain, timeout=self._timeouts.connect_s)
        session = _Session(smtp, (*secrets, *_secrets_of(self._account)))
        with _time_limit(smtp, self._timeouts.total_s):
            try:
                session.begin(self._account, self._timeouts)
                yield session
            finally:
                with suppress(OSError):
                    smtp.putcmd("quit")  # its answer changes nothing
                smtp.close()


class _Session:
    """A connection to the server."""

    def __init__(self, smtp: smtplib.SMTP, secrets: tuple[str, ...]) -> None:
        self._smtp = smtp
        self._secrets = secrets

    def begin(self, account: SmtpAccount, timeouts: Timeouts) -> None:
        """Connect, encrypt and log in."""
        if account.tls_first:
            place = (account.host, account.port)
            self._smtp.sock = socket.create_connection(place, timeouts.connect_s)
            self._use_tls(account.host)
            code, said = self._smtp.getreply()
        else:
            code, said = self._smtp.connect(account.host, account.port)
        self._check_ours(code == _READY, code, said)
        _limit_socket(self._smtp.sock, timeouts.read_s)
        self._hello()
        if not (account.tls_first or account.is_loopback):
            self._start_tls(account.host)
            self._hello()
        if account.user is not None:
            self._log_in(account.user, account.password or "")

    def envelope(self, sender: MailAddress, to: Sequence[MailAddress]) -> list[Refused]:
        """Name sender and recipients; return the refusals of some, unless all are refused."""
        options = []
        if any(one.needs_smtputf8 for one in to):
            if not self._smtp.has_extn("smtputf8"):
                reason = "the mail server takes no addresses beyond ASCII (it has no SMTPUTF8)"
                raise _Ended(Refused(reason=reason))
            options = ["SMTPUTF8", "BODY=8BITMIME"]
        code, said = self._smtp.mail(sender.text, options)
        self._check_ours(_is_good(code), code, said)
        refused: list[Refused] = []
        for one in to:
            code, said = self._smtp.rcpt(one.text)
            try:
                self._check_this(_is_good(code), code, said)
            except _Ended as ended:
                if not isinstance(ended.outcome, Refused) or len(refused) == len(to) - 1:
                    raise
                refused.append(ended.outcome)
        return refused

    def hand_over(self, message: bytes, handover: _Handover, *, send_until_s: float) -> None:
        """Send the message; from then on its outcome may be unknown."""
        code, said = self._smtp.docmd("DATA")
        self._check_this(code == _GO_AHEAD, code, said)
        if time.monotonic() >= send_until_s:
            self._smtp.close()  # the server gets no end of the message
            raise _Ended(SurelyNotSent(reason="too late to send", only_this=True))
        handover.begun = True
        self._smtp.send(_LOOSE_DOTS.sub(b"..", message) + b".\r\n")
        code, said = self._smtp.getreply()
        self._check_this(_is_good(code), code, said)

    def _hello(self) -> None:
        code, said = self._smtp.ehlo()
        self._check_ours(_is_good(code), code, said)

    def _start_tls(self, host: str) -> None:
        # ``smtplib.SMTP.starttls`` checks the name only of a host it connected to when it was made.
        if not self._smtp.has_extn("starttls"):
            reason = "the mail server offers no STARTTLS; without it nothing is sent"
            raise _Ended(VendorRefusesUs(reason=reason))
        code, said = self._smtp.docmd("STARTTLS")
        self._check_ours(code == _READY, code, said)
        self._use_tls(host)

    def _use_tls(self, host: str) -> None:
        """Encrypt the connection, and forget what was said on it before.

        It counts no longer (RFC 3207): somebody may have changed it.
        """
        context, plain = ssl.create_default_context(), self._smtp.sock
        if plain is None:
            raise smtplib.SMTPServerDisconnected("the connection has ended")
        try:
            self._smtp.sock = context.wrap_socket(plain, server_hostname=host)
        except ssl.SSLCertVerificationError as error:
            reason = f"the mail server is not trusted: {_why(error)}"
            raise _Ended(VendorRefusesUs(reason=reason)) from None
        self._smtp.file = None
        self._smtp.ehlo_resp = None
        self._smtp.esmtp_features = {}

    def _log_in(self, user: str, password: str) -> None:
        features = self._smtp.esmtp_features
        if "auth" in features:
            features["auth"] = features["auth"].upper()  # smtplib knows its ways in capitals alone
        try:
            self._smtp.login(user, password)
        except smtplib.SMTPResponseException as error:
            said = error.smtp_error
            self._check_ours(
                False, error.smtp_code, said if isinstance(said, bytes) else said.encode()
            )
        except smtplib.SMTPServerDisconnected:
            raise
        except (smtplib.SMTPException, ValueError):  # none offered, none of ours, or a broken one
            reason = "the mail server offers no log-in that we know; SMTP_URL has a user"
            raise _Ended(VendorRefusesUs(reason=reason)) from None

    def _check_ours(self, good: bool, code: int, said: bytes) -> None:
        """Raise ``_Ended`` for an answer that is about us, so that any other mail gets it too."""
        if good:
            return
        reason = self._reason(code, said)
        if _is_busy(code):
            raise _Ended(SurelyNotSent(reason=reason))
        _check_refusal(code)
        raise _Ended(VendorRefusesUs(reason=reason))

    def _check_this(self, good: bool, code: int, said: bytes) -> None:
        """Raise ``_Ended`` for an answer that is about this mail, unless it says that it is not."""
        if good:
            return
        if _ABOUT_US.search(said.decode("latin-1")):
            self._check_ours(False, code, said)
        reason = self._reason(code, said)
        if code == _CLOSING:
            raise _Ended(SurelyNotSent(reason=reason))
        if _is_busy(code):
            raise _Ended(SurelyNotSent(reason=reason, only_this=True))
        _check_refusal(code)
        if code in _AUTHENTICATION:
            raise _Ended(VendorRefusesUs(reason=reason))
        raise _Ended(Refused(reason=reason))

    def _reason(self, code: int, said: bytes) -> str:
        """Return what the server said, without what it must not repeat."""
        text = said.decode("utf-8", "replace")
        for secret in self._secrets:
            text = text.replace(secret, "[redacted]")
        text = " ".join(without_contacts(text).split())
        printable = "".join(c for c in text if c.isprintable())
        return f"the mail server said {code} {printable[:MAX_REASON]}".rstrip()


@contextmanager
def _time_limit(smtp: smtplib.SMTP, total_s: float) -> Iterator[None]:
    """Break the connection after ``total_s`` seconds, whatever it is used for then.

    A timeout of the socket alone lets a server that sends one byte now and then go on for ever.
    """
    ended = threading.Event()

    def cut() -> None:
        wait_s = total_s
        while not ended.wait(wait_s):
            wait_s = CUT_EVERY_S  # there may be no connection yet: the name is looked up
            sock = smtp.sock
            if sock is not None:
                with suppress(OSError):
                    # Not that of a TLS socket, which is not made for another thread.
                    socket.socket.shutdown(sock, socket.SHUT_RDWR)

    threading.Thread(target=cut, daemon=True).start()
    try:
        yield
    finally:
        ended.set()


def _limit_socket(sock: socket.socket | None, read_s: float) -> None:
    """Limit how long a read waits, and how long the kernel repeats what nobody acknowledges."""
    if sock is None:
        return
    sock.settimeout(read_s)
    if sys.platform == "linux":
        limit_ms = int(TCP_USER_TIMEOUT_S * 1000)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, limit_ms)


def _secrets_of(account: SmtpAccount) -> tuple[str, ...]:
    """Return what an answer of the server must not be quoted with."""
    if not account.password:
        return ()
    user, password = account.user or "", account.password
    plain = b64encode(f"\0{user}\0{password}".encode()).decode()
    return (password, plain, b64encode(password.encode()).decode(), quote(password))


def _why(error: OSError) -> str:
    """Return what went wrong in words of ours: errors of smtplib quote the server."""
    return connection_errors.describe(error) or connection_errors.ENDED


def _note(refused: Sequence[Refused], recipients: int) -> str | None:
    """Return how many of several recipients do not get the mail; ``None`` if all do."""
    if not refused:
        return None
    return f"{len(refused)} of {recipients} recipients refused: {refused[0].reason}"


def _is_good(code: int) -> bool:
    return 200 <= code < 300


def _is_busy(code: int) -> bool:
    return 400 <= code < 500


def _check_refusal(code: int) -> None:
    """Raise for an answer that is none: half of one, or one of another protocol."""
    if not 500 <= code < 600:
        raise smtplib.SMTPServerDisconnected("no answer of a mail server")
