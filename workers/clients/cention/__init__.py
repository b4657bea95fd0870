"""Cention's API, one class per claim. Needs no database, no broker and no settings::

    import os
    from schemas.cention.errand_reports import read_changed_errands
    from workers.clients.cention import connect

    cention = connect(os.environ["CENTION_URL"], token=os.environ["CENTION_TOKEN"])
    print(read_changed_errands(cention.errand_data.changed_errands()).ids)

Reading that list clears nothing at Cention.
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

__all__ = ["SLOW_TIMEOUTS", "TIMEOUTS", "Cention", "connect"]

TIMEOUTS = Timeouts(connect_s=5.0, read_s=30.0, total_s=60.0)
SLOW_TIMEOUTS = Timeouts(connect_s=5.0, read_s=600.0, total_s=600.0)
"""For large responses, such as attachments, and slow ones, such as the library and exports."""


class Cention:
    """One workspace of Cention; each attribute is the API of one claim.

    Every method raises ``workers.clients.errors.ApiError``, whose subclasses say what to do then.
    Documents are returned as Cention sent them; the functions ``read_…`` in ``schemas.cention``
    turn them into frozen records. The client never repeats a request, follows no link and keeps no
    cookie. It may be shared by threads; each has its own connection.
    """

    def __init__(self, http: HttpApi, *, slow_http: HttpApi, token: str) -> None:
        self.errand_data = ErrandDataApi(http, token=token)
        self.attachments = AttachmentsApi(slow_http, token=token)
        self.errands = ErrandsApi(slow_http, token=token)
        self.contacts = ContactsApi(http, token=token)
        self.library = LibraryApi(slow_http, token=token)
        self.exports = ExportsApi(slow_http, token=token)
        self.agent_logons = AgentLogonsApi(http, token=token)


def connect(
    url: str, *, token: str, timeouts: Timeouts = TIMEOUTS, slow_timeouts: Timeouts = SLOW_TIMEOUTS
) -> Cention:
    """Return the workspace at ``url``, such as ``https://api.cention.com/s/demo``; sends nothing.

    Methods whose claim the token lacks raise ``Unauthorised``. Where each claim has its own token,
    connect with each. Raises ``ValueError``, which does not quote the token, if no header can
    carry it.
    """
    return Cention(
        HttpApi("cention", url, timeouts=timeouts),
        slow_http=HttpApi("cention", url, timeouts=slow_timeouts),
        token=token,
    )
