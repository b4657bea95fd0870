"""A mail server whose mails reach nobody: what arrives is kept with the other messages."""

from __future__ import annotations

import asyncio
import email
import hmac
import logging
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import policy
from email.message import EmailMessage
from typing import Any, cast

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from deploy.sandbox.http.faults import MAIL, RECIPIENT, FaultName, Faults
from deploy.sandbox.surveys.messages import Messages
from deploy.sandbox.surveys.vendor_routes import USER
from deploy.sandbox.world.world import World

VENDORS = ("own", "centracx")  # begin the Message-ID of an invitation
_LINK = re.compile(r"https?://\S+/s/[A-Za-z0-9_-]+(?![A-Za-z0-9_/-])")
_SAID = {
    FaultName.BUSY: "451 4.7.1 Try again later",
    FaultName.NOT_FOUND: "550 5.1.1 No such user",
    FaultName.UNAUTHORISED: "530 5.7.0 Authentication required",
    FaultName.ERROR_500: "554 5.6.0 Message refused",
}


@dataclass(slots=True)
class MailPort:
    """Where the mail server listens."""

    world: World = field(repr=False)
    number: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """Takes every mail, unless a fault is injected."""

    world: World
    faults: Faults
    password: str = field(repr=False)

    def authenticate(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _how: str, given: Any
    ) -> AuthResult:
        """Accept the user of the sandbox."""
        good = isinstance(given, LoginPassword) and hmac.compare_digest(
            given.login + b"\0" + given.password, f"{USER}\0{self.password}".encode()
        )
        return AuthResult(success=good, handled=False)

    async def handle_RCPT(  # noqa: N802  # so called by aiosmtpd
        self,
        _server: SMTP,
        session: Session,
        envelope: Envelope,
        address: str,
        _options: list[str],
    ) -> str:
        """Answer to a recipient."""
        failure = self.faults.draw(RECIPIENT, None).failure
        if failure in _SAID:
            return _SAID[failure]
        if not session.authenticated:
            return _SAID[FaultName.UNAUTHORISED]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        """Keep a mail, and answer."""
        injected = self.faults.draw(MAIL, None)
        await asyncio.sleep(injected.latency_s)
        if injected.failure in _SAID:
            return _SAID[injected.failure]
        if injected.failure is not FaultName.DROPPED:
            self._keep(envelope)
        await asyncio.sleep(injected.drip_s)
        if injected.failure in (FaultName.DROPPED, FaultName.SENT_THEN_DROPPED):
            cast(asyncio.Transport, server.transport).abort()
        return "250 OK"

    def _keep(self, envelope: Envelope) -> None:
        content = envelope.content
        raw = content if isinstance(content, bytes) else str(content or "").encode()
        mail = email.message_from_bytes(raw, policy=policy.default)
        message_id = str(mail["Message-ID"] or "")
        prefix = message_id.lstrip("<").partition(".")[0]
        link = _LINK.search(_text_of(mail))
        for address in envelope.rcpt_tos:
            self.world.state(Messages).add_mail(
                vendor=prefix if prefix in VENDORS else "mail",
                remote_id=message_id,
                contact=address,
                survey=str(mail["Subject"] or ""),
                link=link[0] if link else None,
            )


@asynccontextmanager
async def mail_server(mailbox: Mailbox, *, host: str, port: int) -> AsyncIterator[int]:
    """Run the mail server; yields its port. Raises ``OSError`` if the port is in use."""
    loop = asyncio.get_running_loop()
    logging.getLogger("mail.log").setLevel(logging.ERROR)  # aiosmtpd warns of itself at each log-in

    def connection() -> SMTP:
        return SMTP(
            mailbox,
            hostname="sandbox",
            enable_SMTPUTF8=True,
            auth_require_tls=False,
            authenticator=mailbox.authenticate,
            loop=loop,
        )

    server = await loop.create_server(connection, host, port)
    try:
        number = int(server.sockets[0].getsockname()[1])
        mailbox.world.state(MailPort).number = number
        yield number
    finally:
        server.close()
        await server.wait_closed()


def _text_of(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    return str(body.get_content()) if body is not None else ""
