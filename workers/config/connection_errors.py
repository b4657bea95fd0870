"""Why a connection to another server could not be made, in words without any text of the error.

Texts of errors quote URLs, and in a URL may stand a key or a password.
"""

from __future__ import annotations

import errno
import re
import socket
import ssl
from collections.abc import Iterator

NOBODY_LISTENS = "nothing listens there, the connection was refused"
NO_HOST = "there is no such host"
NO_NAME_SERVER = "its name cannot be looked up, because no name server answers"
NO_ANSWER = "it does not answer in time"
NO_ROUTE = "no network leads there"
ENDED = "it ended the connection"
OTHER_PROXY = (
    "the proxy that HTTPS_PROXY, HTTP_PROXY or ALL_PROXY name must begin with http:// or https://, "
    "SOCKS is not supported"
)
UNKNOWN_AUTHORITY = "its certificate is signed by an authority that is unknown here"

# Numbers of OpenSSL: X509_V_ERR_…
_CERTIFICATES = {
    9: "its certificate is not valid yet, or the clock here is wrong",
    10: "its certificate has expired, or the clock here is wrong",
    18: "its certificate is signed by itself",
    19: UNKNOWN_AUTHORITY,
    20: UNKNOWN_AUTHORITY,
    21: UNKNOWN_AUTHORITY,
    23: "its certificate was revoked",
    62: "its certificate is for another name",
    64: "its certificate is for another address",
}
_TLS = {
    "WRONG_VERSION_NUMBER": "it does not speak TLS there; is the port right?",
    "HTTP_REQUEST": "it does not speak TLS there; is the port right?",
    "PACKET_LENGTH_TOO_LONG": "it does not speak TLS there; is the port right?",
    "UNEXPECTED_EOF_WHILE_READING": "it ended the connection while TLS was set up",
    "TLSV13_ALERT_CERTIFICATE_REQUIRED": "it wants a client certificate, which we do not have",
    "NO_CERTIFICATE_OR_CRL_FOUND": "the file of certificates in the settings has none",
}
_NUMBERS = {
    errno.ENETUNREACH: NO_ROUTE,
    errno.EHOSTUNREACH: NO_ROUTE,
    errno.ENETDOWN: NO_ROUTE,
    # Such as ssl_ca_certs of the broker's URL, or its Unix socket.
    errno.ENOENT: "a file or a Unix socket that the settings name does not exist",
}
_BAD_BUNDLE = re.compile(r"certificate bundle|certificate file|invalid path", re.IGNORECASE)
_TUNNEL = re.compile(r"Tunnel connection failed: (\d{3})|^(\d{3}), message=")
_PROXY = frozenset({"ProxyError", "ClientProxyConnectionError", "ClientHttpProxyError"})


class UnsupportedProxy(OSError):
    """The environment names a proxy of another kind than HTTP, such as SOCKS."""


def describe(error: BaseException) -> str | None:
    """Return why no connection was made; ``None`` if ``error`` and what it wraps do not say."""
    found = list(_chain(error))
    if any(isinstance(one, UnsupportedProxy) for one in found):
        return OTHER_PROXY
    reason = next((why for one in found if (why := _reason(one)) is not None), None)
    if not any(type(one).__name__ in _PROXY for one in found):
        return reason
    if refused := next((m for one in found if (m := _TUNNEL.search(str(one)))), None):
        return f"the proxy refuses it (HTTP {refused[1] or refused[2]})"
    return f"of the proxy: {reason}" if reason else "the proxy does not work"


def _reason(error: BaseException) -> str | None:
    match error:
        case ssl.SSLCertVerificationError():
            code = getattr(error, "verify_code", 0)
            return _CERTIFICATES.get(code, "its certificate is not valid")
        case ssl.SSLError():
            return _tls_reason(error)
        case socket.gaierror(errno=socket.EAI_AGAIN):
            return NO_NAME_SERVER
        case socket.gaierror():
            return NO_HOST
        case ConnectionRefusedError():
            return NOBODY_LISTENS
        case TimeoutError():
            return NO_ANSWER
        case ConnectionError():  # reset, aborted, or a broken pipe
            return ENDED
        case OSError(errno=number) if number in _NUMBERS:
            return _NUMBERS[number]
        case OSError(errno=None) if _BAD_BUNDLE.search(str(error)):
            return "the file of certificates in the settings cannot be read"
    # urllib3 and requests have no cause for these.
    return NO_ANSWER if type(error).__name__ in ("ConnectTimeout", "ConnectTimeoutError") else None


def _tls_reason(error: ssl.SSLError) -> str:
    name = getattr(error, "reason", None) or ""  # none if Python itself has raised it
    if isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        name = "UNEXPECTED_EOF_WHILE_READING"
    if isinstance(error, TimeoutError):
        return NO_ANSWER
    words = name.replace("_", " ").lower()
    return _TLS.get(name, f"TLS failed: {words}" if words else "TLS failed")


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield the innermost errors first."""
    seen: dict[int, BaseException] = {}
    waiting = [error]
    while waiting:
        one = waiting.pop()
        if id(one) in seen:
            continue
        seen[id(one)] = one
        wrapped = [one.__cause__, one.__context__, *one.args]
        wrapped += [getattr(one, name, None) for name in ("reason", "original_error")]
        waiting += [inner for inner in wrapped if isinstance(inner, BaseException)]
    yield from reversed(seen.values())
