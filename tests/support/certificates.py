"""Certificates of tests: one that an authority has signed, and one that is its own authority."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2")


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificates:
    """Files in PEM: whom clients trust, and what a server shows."""

    authority: Path
    certificate: Path
    key: Path


def certificates(folder: Path) -> Certificates:
    """Make those of a server at 127.0.0.1 in ``folder``."""
    authority, certificate, key = (folder / name for name in ("ca.crt", "server.crt", "server.key"))
    _openssl(*NEW_KEY, "-subj", "/CN=authority", "-keyout", folder / "ca.key", "-out", authority)
    _openssl(
        *NEW_KEY, "-subj", "/CN=server", "-addext", "subjectAltName=IP:127.0.0.1",
        "-addext", "basicConstraints=critical,CA:FALSE",
        "-CA", authority, "-CAkey", folder / "ca.key", "-keyout", key, "-out", certificate,
    )  # fmt: skip
    return Certificates(authority=authority, certificate=certificate, key=key)


def own_authority(folder: Path, host: str, *, name: str = "server") -> Certificates:
    """Make those of a server ``host`` in ``folder``; the certificate is its own authority."""
    certificate, key = folder / f"{name}.crt", folder / f"{name}.key"
    _openssl(
        *NEW_KEY, "-subj", f"/CN={host}", "-addext", f"subjectAltName=DNS:{host}",
        "-keyout", key, "-out", certificate,
    )  # fmt: skip
    return Certificates(authority=certificate, certificate=certificate, key=key)


def _openssl(*words: str | Path) -> None:
    subprocess.run(["openssl", "req", "-x509", *words], check=True, capture_output=True)
