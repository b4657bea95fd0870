"""The folder of a socket: the requested one, or a short private one."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy.embedded import StartupError
from deploy.embedded.sockets import (
    MAX_PATH_BYTES,
    NAME_RESERVE_BYTES,
    make_socket_folder,
    socket_folder,
)

TOO_LONG = Path("/" + "x" * (MAX_PATH_BYTES - NAME_RESERVE_BYTES))


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))


def test_a_short_path_is_used_unchanged():
    assert socket_folder(Path("/run/bridge")) == Path("/run/bridge")


def test_a_long_path_is_always_replaced_by_the_same_short_one(tmp_path):
    chosen = socket_folder(TOO_LONG)

    assert chosen.parent == tmp_path
    assert chosen == socket_folder(TOO_LONG) != socket_folder(TOO_LONG / "other")


def test_a_short_folder_that_others_may_enter_is_refused():
    socket_folder(TOO_LONG).mkdir(mode=0o755)

    with pytest.raises(StartupError, match="belongs to someone else"):
        make_socket_folder(TOO_LONG)


def test_a_link_in_place_of_the_short_folder_is_refused(tmp_path):
    socket_folder(TOO_LONG).symlink_to(tmp_path)

    with pytest.raises(StartupError, match="belongs to someone else"):
        make_socket_folder(TOO_LONG)
