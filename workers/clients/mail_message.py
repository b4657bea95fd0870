"""Mails as bytes, and addresses as mail servers take them. No text of others adds a header."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime
from typing import Any

import idna

_LONGEST_LINE = 998  # without its end


class _Policy(EmailPolicy):
    """Lines of at most 76 characters, but for headers in ASCII.

    A link or a Message-ID in a header is never folded: it would become an encoded word, which no
    program follows. What is not ASCII becomes encoded words of at most 75 characters (RFC 2047);
    the library would fill lines of 78 with longer ones.
    """

    def fold(self, name: str, value: Any) -> str:
        """Return a header as the mail has it."""
        line = f"{name}: {value}"
        if line.isascii() and len(line) <= _LONGEST_LINE:
            return f"{line}\r\n"
        return str(super().fold(name, value))

    def fold_binary(self, name: str, value: Any) -> bytes:
        """Return a header as the mail has it, in bytes."""
        return self.fold(name, value).encode("utf-8" if self.utf8 else "ascii", "surrogateescape")


# Bodies are of short lines in ASCII: any server takes them.
_POLICY = _Policy(linesep="\r\n", max_line_length=76, cte_type="7bit")


class BadAddress(ValueError):
    """A mail cannot be sent to this address; the message does not quote it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailFile:
    """A file in a mail."""

    name: str  # in ASCII
    content_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingMail:
    """A mail to one person, or to several who see each other's addresses."""

    to: str = field(repr=False)
    others: tuple[str, ...] = field(default=(), repr=False)
    subject: str = field(repr=False)
    text: str = field(repr=False)
    html: str | None = field(default=None, repr=False)  # the same again
    message_id: str  # with its brackets
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    files: tuple[MailFile, ...] = ()
    secrets: tuple[str, ...] = field(default=(), repr=False)  # parts that no error may quote


@dataclass(frozen=True, slots=True)
class MailAddress:
    """An address whose domain is in ASCII."""

    local: str = field(repr=False)
    domain: str = field(repr=False)

    @property
    def text(self) -> str:
        """The address as commands of SMTP have it."""
        return f"{self.local}@{self.domain}"

    @property
    def needs_smtputf8(self) -> bool:
        """Whether only servers with SMTPUTF8 take it."""
        return not self.local.isascii()


def read_address(text: str) -> MailAddress:
    """Return an address, its domain in punycode. Raises ``BadAddress``."""
    local, at, domain = text.rpartition("@")
    if not (local and at and domain and local.isprintable()):
        raise BadAddress("it is no address")
    if any(c.isspace() or c in '<>"(),:;\\@[]' for c in local):
        raise BadAddress("its part before the @ has characters that need quoting")
    try:
        ascii_domain = idna.encode(domain, uts46=True).decode()
    except (idna.IDNAError, UnicodeError):
        raise BadAddress("its domain is not one") from None
    return MailAddress(local, ascii_domain)


def encoded(
    mail: OutgoingMail, *, sender: MailAddress, sender_name: str, to: Sequence[MailAddress]
) -> bytes:
    """Return the mail with its headers.

    Raises ``ValueError`` for a header with a line break.
    """
    message = EmailMessage(policy=_POLICY)
    message["From"] = Address(sender_name, sender.local, sender.domain)
    message["To"] = [Address("", one.local, one.domain) for one in to]
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(datetime.now(UTC))
    message["Message-ID"] = mail.message_id
    for name, value in mail.headers.items():
        message[name] = value
    message.set_content(mail.text)
    if mail.html is not None:
        message.add_alternative(mail.html, subtype="html")
    for file in mail.files:
        kind, _, subkind = file.content_type.partition("/")
        message.add_attachment(file.content, maintype=kind, subtype=subkind, filename=file.name)
    utf8 = any(one.needs_smtputf8 for one in to)
    return message.as_bytes(policy=_POLICY.clone(utf8=utf8))
