"""The networks: that of the centre, with database, broker and Cention, and one of each host."""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

NETWORK = "10.77.0.0/24"
CENTRE = "10.77.0.1"
FIRST_HOST = 11  # last number of its address
CLONE_NEWUTS, CLONE_NEWNET = 0x04000000, 0x40000000
PACKAGES = {"ip": "iproute2", "nsenter": "util-linux", "cc": "gcc libc6-dev"}
# By how much the clock of each host is wrong: minutes, and no two alike.
CLOCKS_S = (180, -240, 300, -120)


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """What happens to the packets of one direction."""

    cut: bool = False
    loss: float = 0.0  # share of packets, from 0 to 1
    delay_s: float = 0.0


CLEAR = Condition()


@dataclass(slots=True, kw_only=True)
class Packets:
    """What became of the packets of a link, in both directions."""

    carried: int = 0
    delayed: int = 0  # of those
    lost: int = 0  # on purpose


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """A host: its address, its link to the centre, and its clock."""

    name: str
    address: str
    clock: Path  # the library of its clock
    clock_s: int  # by which that is ahead
    cable: subprocess.Popen[bytes]

    def inside(self, variables: Mapping[str, str]) -> list[str]:
        """Return the words before a command that have it run on this host."""
        namespaces = Path(f"/proc/{self.cable.pid}/ns")
        clock = {"LD_PRELOAD": str(self.clock), "CLOCK_AHEAD_S": str(self.clock_s)}
        given = [f"{name}={value}" for name, value in {**variables, **clock}.items()]
        enter = ["nsenter", f"--net={namespaces / 'net'}", f"--uts={namespaces / 'uts'}"]
        return [*enter, "env", *given]

    def set_link(self, *, to_host: Condition = CLEAR, to_centre: Condition = CLEAR) -> Packets:
        """Have both directions of the link in these conditions from now on; return what became of
        the packets until now."""
        conditions = {"to_host": asdict(to_host), "to_centre": asdict(to_centre)}
        assert self.cable.stdin
        assert self.cable.stdout
        self.cable.stdin.write(json.dumps(conditions).encode() + b"\n")
        self.cable.stdin.flush()
        return Packets(**json.loads(self.cable.stdout.readline()))


def why_not() -> str | None:
    """Return why hosts cannot be made here, with what to do; ``None`` if they can."""
    if os.geteuid() != 0:
        return "Networks are made by root alone: run the command as root."
    if not Path("/dev/net/tun").exists():
        return "/dev/net/tun is missing: load the kernel module tun, or let the container have it."
    wanted = [package for program, package in PACKAGES.items() if not shutil.which(program)]
    if wanted:
        return f"Install with: sudo apt-get install {' '.join(wanted)}"
    # In a process of its own, since this one would stay in the new network.
    command = [sys.executable, "-c", "from tests.chaos.hosts import cable; cable.try_out()"]
    if subprocess.run(command, stderr=subprocess.DEVNULL).returncode:
        return (
            "The kernel makes no network or no TUN device for this process, or does not let it set"
            " one up: give it CAP_SYS_ADMIN and CAP_NET_ADMIN, and a /proc/sys that it may write."
        )
    return None


def leave(*, names: bool = False) -> None:
    """Have this thread, and what it starts from now on, in a new network; with ``names`` also with
    a host name of its own. Raises ``OSError``."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET | (CLONE_NEWUTS if names else 0)):
        raise OSError(ctypes.get_errno(), "cannot make a network")


def ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True)


def build_clock(folder: Path) -> Path:
    """Build the library of clocks that are wrong. Raises ``CalledProcessError``."""
    source, library = Path(__file__).with_name("clock.c"), folder / "clock.so"
    command = ["cc", "-O2", "-shared", "-fPIC", "-o", str(library), str(source), "-ldl"]
    subprocess.run(command, check=True)
    return library


def make_centre() -> None:
    """Have this process in the centre's network, where every port is free. Raises ``OSError``."""
    leave()
    ip("link", "set", "lo", "up")
    ip("address", "add", f"{CENTRE}/32", "dev", "lo")


@contextmanager
def connected_host(number: int, *, clock: Path) -> Iterator[Host]:
    """Make the host of this number, counted from 0, and connect it; it is gone at the end.

    ``clock`` is the library of its clock.
    """
    name, address = f"h{number + 1}", CENTRE.rpartition(".")[0] + f".{FIRST_HOST + number}"
    command = [sys.executable, "-m", "tests.chaos.hosts.cable", name, address]
    cable = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert cable.stdin
    assert cable.stdout
    try:
        if cable.stdout.readline() != b"ready\n":
            raise RuntimeError(f"host {name} was not made: see above")
        clock_s = CLOCKS_S[number % len(CLOCKS_S)]
        yield Host(name=name, address=address, clock=clock, clock_s=clock_s, cable=cable)
    finally:
        cable.stdin.close()
        cable.wait(60)
        cable.stdout.close()
