"""Where Alvaria answers, by region of the organisation.

Source: Via Authentication 2.0.1 and 3.1, Via REST Developer Guide 3.0. Canada has two names there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

USUAL_REGION = "us"
_ASPECT = "via.aspect-cloud.net"
# The host of tokens, and the domain below which each organisation has its host.
HOSTS: Mapping[str, tuple[str, str]] = {
    "us": ("myaspect.id.aspect-cloud.net", _ASPECT),
    "eu": ("myaspect.eu.id.aspect-cloud.net", _ASPECT),
    "uk": ("myaspect.uk.id.aspect-cloud.net", _ASPECT),
    "ca": ("myaspect.ca.id.aspect-cloud.net", _ASPECT),
    "yyz": ("myaspect.yyz.id.aspect-cloud.net", _ASPECT),
    "us-a": ("myaspect.us-a.id.aspect-cloud.net", _ASPECT),
    "gcp": ("myaccount.dsm.sre.alvaria.cloud", "apc.alvaria.cloud"),
    "tri": ("myaccount.tri1.wss.alvaria.cloud", "wos.alvaria.cloud"),
}
_ORG = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")


def is_org(org: str) -> bool:
    """Return whether ``org`` can stand in the name of a host."""
    return _ORG.fullmatch(org) is not None


def api_url(org: str, region: str) -> str:
    """Return the part before ``/via/v2``."""
    return f"https://{org}.{HOSTS[region][1]}"


def token_url(region: str) -> str:
    """Return the whole URL of tokens."""
    return f"https://{HOSTS[region][0]}/tokenservice/oauth2/access_token"
