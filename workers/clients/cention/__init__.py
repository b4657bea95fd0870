"""Cention's API, one class per claim. Needs no database, no broker and no settings::

    import os
    from schemas.cention.errand_reports import read_changed_errands
    from workers.clients.cention import connect

    cention = connect(os.environ["CENTION_URL"], token=os.environ["CENTION_TOKEN"])
    print(read_changed_errands(cention.errand_data.changed_errands()).ids)

Asking for that list clears nothing at Cention.
"""

from __future__ import annotations

from workers.clients.cention.agent_logons import AgentLogonsApi
from workers.clients.cention.attachments import AttachmentsApi
from workers.clients.cention.contact_cards import ContactsApi
from workers.clients.cention.errand_data import ErrandDataApi
from workers.clients.cention.errands import ErrandsApi
from workers.clients.cention.exports import ExportsApi
from workers.clients.cention.library import LibraryApi
from workers.clients.http import HttpApi, Timeouts

__all__ = ["PATIENT", "TIMEOUTS", "Cention", "connect"]

TIMEOUTS = Timeouts(connect_s=5.0, read_s=30.0, total_s=60.0)
PATIENT = Timeouts(connect_s=5.0, read_s=600.0, total_s=600.0)
"""For what is large, as attachments, or takes Cention long, as the library and exports."""


class Cention:
    """One workspace of Cention, by what a token may do there.

    Every method raises ``workers.clients.errors.ApiError``, whose kinds say what to do then.
    Documents are returned as Cention sent them; the functions ``read_…`` in ``schemas.cention``
    make frozen records of them. Nothing is ever repeated by itself, no link is followed and no
    cookie kept. May be shared by threads, each of which has a connection of its own.
    """

    def __init__(self, http: HttpApi, *, patient: HttpApi, token: str) -> None:
        self.errand_data = ErrandDataApi(http, token=token)
        self.attachments = AttachmentsApi(patient, token=token)
        self.errands = ErrandsApi(patient, token=token)
        self.contacts = ContactsApi(http, token=token)
        self.library = LibraryApi(patient, token=token)
        self.exports = ExportsApi(patient, token=token)
        self.agent_logons = AgentLogonsApi(http, token=token)


def connect(
    url: str, *, token: str, timeouts: Timeouts = TIMEOUTS, patient: Timeouts = PATIENT
) -> Cention:
    """Return the workspace at ``url``, such as ``https://api.cention.com/s/demo``; sends nothing.

    A token may lack claims: what needs them raises ``Unauthorised``. Where each claim has a token
    of its own, connect with each. Raises ``ValueError``, without telling it, if no header can
    carry a token.
    """
    return Cention(
        HttpApi("cention", url, timeouts=timeouts),
        patient=HttpApi("cention", url, timeouts=patient),
        token=token,
    )
