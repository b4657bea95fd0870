"""The Debian packages that these tests need: ``python -m tests.system.debian`` installs them.

They are installed by root on a Debian with apt-get; elsewhere the missing ones are printed, and the
tests that need them are listed as not run.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import click

# What each package is needed for: a file that it brings.
PACKAGES: Mapping[str, Path] = {
    "chromium": Path("/usr/bin/chromium"),
    "fonts-dejavu-core": Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"),
    "rabbitmq-server": Path("/usr/lib/rabbitmq/bin/rabbitmq-server"),
    "pgbouncer": Path("/usr/sbin/pgbouncer"),
    "postgresql-15": Path("/usr/lib/postgresql/15/bin/postgres"),
    "redis-server": Path("/usr/bin/redis-server"),
    "libreoffice-calc-nogui": Path("/usr/bin/soffice"),
    "systemd": Path("/usr/bin/systemd-analyze"),
    "nginx": Path("/usr/sbin/nginx"),
    "caddy": Path("/usr/bin/caddy"),
    "prometheus": Path("/usr/bin/promtool"),
    "fonts-noto-color-emoji": Path("/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf"),
    "iproute2": Path("/usr/sbin/ip"),
    "gcc": Path("/usr/bin/gcc"),
    "libc6-dev": Path("/usr/include/time.h"),
}
APT = ("apt-get", "--quiet", "--option", "Acquire::Retries=5")  # a mirror may be away for a moment
INSTALL = (*APT, "install", "--yes", "--no-install-recommends")
LISTS = (*APT, "update")


def missing() -> list[str]:
    """Return the packages whose files are not there."""
    return [name for name, path in PACKAGES.items() if not path.exists()]


def may_install() -> bool:
    """Return whether packages can be installed without a question."""
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def install(names: list[str]) -> None:
    """Install packages, as far as Debian offers them; apt-get's output goes to standard error."""
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in (LISTS, (*INSTALL, *names)):
        subprocess.run(command, env=environment, stdout=sys.stderr, check=False)


def main() -> None:
    wanted = missing()
    if wanted and may_install():
        install(wanted)
    if left := missing():
        click.echo(f"Missing. Install with: sudo apt-get install {' '.join(left)}")


if __name__ == "__main__":
    main()
