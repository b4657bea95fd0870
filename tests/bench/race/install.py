"""Installs the peers below ``var/race``, pinned and by their hashes; what is there is used again.

Nothing of this is a dependency of the bridge or of its tests.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from tests.bench.race.trial import ROOT

HERE = Path(__file__).parent
INSTALLED = ROOT / "var" / "race"
NODE_RED = "node_red"
WITHIN_S = 900


class NotInstalled(Exception):
    """A peer cannot be installed; the text says why."""


def folder_of(name: str) -> Path:
    return INSTALLED / name


def python_of(name: str) -> Path:
    """Return the interpreter of an installation; that of the bridge if ``name`` is empty."""
    return folder_of(name) / "bin" / "python" if name else Path(sys.executable)


def install(name: str) -> None:
    """Install the peers of this name, unless they are there. Raises ``NotInstalled``."""
    stamp = folder_of(name) / "installed"
    digest = _digest(name)
    if stamp.exists() and stamp.read_text("utf-8") == digest:
        return
    print(f"installing {name}", file=sys.stderr, flush=True)
    shutil.rmtree(folder_of(name), ignore_errors=True)
    INSTALLED.mkdir(parents=True, exist_ok=True)
    if name == NODE_RED:
        shutil.copytree(HERE / NODE_RED, folder_of(name))
        _run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", folder=folder_of(name))
    else:
        _run(sys.executable, "-m", "venv", str(folder_of(name)))
        options = ("--quiet", "--disable-pip-version-check", "--require-hashes")
        _run(str(python_of(name)), "-m", "pip", "install", *options, "-r", str(_lock(name)))
    stamp.write_text(digest, "utf-8")


def _digest(name: str) -> str:
    """Return what changes when the installation has to be made anew."""
    files = sorted((HERE / NODE_RED).iterdir()) if name == NODE_RED else [_lock(name)]
    contents = b"".join(file.read_bytes() for file in files)
    return hashlib.sha256(contents + sys.version.encode()).hexdigest()


def _lock(name: str) -> Path:
    return HERE / "requirements" / f"{name}.lock"


def _run(*command: str, folder: Path = ROOT) -> None:
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=WITHIN_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotInstalled(f"{command[0]}: {error}") from None
    if done.returncode:
        lines = (done.stderr.strip() or done.stdout.strip()).splitlines()
        errors = [line for line in lines if "error" in line.lower()]
        reason = next(iter(errors or lines[-1:]), f"exit status {done.returncode}")
        raise NotInstalled(f"{' '.join(command[:4])}: {reason}")


def versions(names: Iterable[str]) -> list[str]:
    """Return names and versions of what was chosen for these installations."""
    found = []
    for name in names:
        if name == NODE_RED:
            package = json.loads((HERE / NODE_RED / "package.json").read_text("utf-8"))
            found += [f"{each} {version}" for each, version in package["dependencies"].items()]
        else:
            text = _lock(name).with_suffix(".in").read_text("utf-8")
            found += [" ".join(pin) for pin in re.findall(r"^([\w-]+).*==([\w.]+)", text, re.M)]
    return sorted(set(found))
