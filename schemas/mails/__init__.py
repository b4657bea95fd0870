"""Parses mails."""

from __future__ import annotations

from schemas.mails.mail import Mail, MailFile, read_mail
from schemas.mails.parts import MAX_PARTS

__all__ = ["MAX_PARTS", "Mail", "MailFile", "read_mail"]
