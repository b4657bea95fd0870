"""What each vendor is asked for an invitation."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from schemas.errors import DocumentError
from schemas.surveys.customer_radar import Invitation
from schemas.surveys.digidesk import MAX_CHARACTERS, SurveyRequest
from schemas.surveys.rule import Vendor
from workers.clients.mail_message import OutgoingMail
from workers.clients.smtp import SmtpClient
from workers.clients.surveys.customer_radar import CustomerRadarApi
from workers.clients.surveys.digidesk import DigideskApi
from workers.clients.surveys.outcomes import Outcome, Refused, Triggered, Unknown
from workers.surveys.rules.invitation_mail import Addressee, write_mail
from workers.surveys.rules.link import link_of, stop_link_of
from workers.surveys.rules.person import Channel
from workers.surveys.store.invitations import DueInvitation

Ask = Callable[[DueInvitation, float], Outcome]
"""Asks a vendor for one invitation; nothing is sent later than a moment of ``time.monotonic()``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorAccount:
    """A vendor that a workspace can ask."""

    ask: Ask
    per_minute: int  # requests in any minute, at most


Accounts = Mapping[Vendor, VendorAccount]


def ask_digidesk(api: DigideskApi) -> Ask:
    """Return how DigiDesk is asked."""

    def ask(one: DueInvitation, send_until_s: float) -> Outcome:
        request = SurveyRequest(
            customer_contact=one.contact or "",
            campaign_name=one.survey["campaign"],
            reference=one.reference,
            display_id=one.display_id,
            customer_name=_name_of(one),
        )
        return api.invite(request, send_until_s=send_until_s)

    return _refusing_faults(ask)


def ask_customer_radar(api: CustomerRadarApi, *, client: str) -> Ask:
    """Return how Customer Radar is asked, for the account of ``client``."""

    def ask(one: DueInvitation, send_until_s: float) -> Outcome:
        first, _, last = (_name_of(one) or "").rpartition(" ")
        invitation = Invitation(
            client_display_id=client,
            programme_display_id=one.survey["programme"],
            location_display_id=one.survey["location"],
            pom_display_id=one.survey.get("pom"),
            reference=one.reference,
            display_id=one.display_id,
            email=one.contact if one.channel == Channel.EMAIL else None,
            mobile=one.contact if one.channel == Channel.MOBILE else None,
            first_name=first or last or None,
            last_name=last if first else None,
        )
        return api.invite(invitation, send_until_s=send_until_s)

    return _refusing_faults(ask)


def ask_by_mail(client: SmtpClient, *, public_url: str, sender_domain: str) -> Ask:
    """Return how a person is sent the link to a survey on our pages below ``public_url``."""

    def ask(one: DueInvitation, send_until_s: float) -> Outcome:
        letter = one.letter
        if letter is None:
            raise AssertionError("a claimed invitation by mail has a letter")
        link, stop_link = link_of(public_url, letter.token), stop_link_of(public_url, letter.token)
        addressee = Addressee(name=_name_of(one), display_id=one.display_id, language=one.language)
        mail = write_mail(letter, addressee, link=link, stop_link=stop_link)
        digest = hashlib.sha256(one.reference.encode()).hexdigest()[:32]
        # The same if an operator has it sent again: whoever got both sees one.
        message_id = f"<{one.vendor}.{digest}@{sender_domain}>"
        outgoing = OutgoingMail(
            to=one.contact or "",
            subject=mail.subject,
            text=mail.text,
            html=mail.html,
            message_id=message_id,
            headers={
                "List-Unsubscribe": f"<{stop_link}>",
                "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
                "Auto-Submitted": "auto-generated",
            },
            secrets=(letter.token,),
        )
        match client.send(outgoing, send_until_s=send_until_s):
            case Triggered():
                return Triggered(remote_id=message_id)
            case Unknown(reason=reason):
                return Unknown(reason=f"{reason}; its Message-ID is {message_id}")
            case outcome:
                return outcome

    return ask


def _refusing_faults(ask: Ask) -> Ask:
    """Return ``ask``, with a request over a limit of the vendor as a refusal: it is not sent."""

    def refusing(one: DueInvitation, send_until_s: float) -> Outcome:
        try:
            return ask(one, send_until_s)
        except DocumentError as error:
            return Refused(reason="; ".join(map(str, error.faults)))

    return refusing


def _name_of(one: DueInvitation) -> str | None:
    """Return the person's name; ``None`` if there is none that a vendor would take."""
    name = " ".join((one.contact_name or "").split())
    return name if name.isprintable() and 0 < len(name) <= MAX_CHARACTERS else None
