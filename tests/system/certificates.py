"""An authority of a test, and a server's certificate that it has signed."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2")


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificates:
    """Files in PEM: whom clients trust, and what a server at 127.0.0.1 shows."""

    authority: Path
    certificate: Path
    key: Path


def certificates(folder: Path) -> Certificates:
    """Make them in ``folder``."""
    authority, certificate, key = (folder / name for name in ("ca.crt", "server.crt", "server.key"))
    _openssl(*NEW_KEY, "-subj", "/CN=authority", "-keyout", folder / "ca.key", "-out", authority)
    _openssl(
        *NEW_KEY, "-subj", "/CN=server", "-addext", "subjectAltName=IP:127.0.0.1",
        "-addext", "basicConstraints=critical,CA:FALSE",
        "-CA", authority, "-CAkey", folder / "ca.key", "-keyout", key, "-out", certificate,
    )  # fmt: skip
    return Certificates(authority=authority, certificate=certificate, key=key)


def _openssl(*words: str | Path) -> None:
    subprocess.run(["openssl", "req", "-x509", *words], check=True, capture_output=True)
