"""The link of one host: ``python -m tests.chaos.hosts.cable NAME ADDRESS``.

The process makes a network for the host, says ``ready``, and carries packets between that and the
centre's network, in which it was started. Commands of ``nsenter`` find the host's network at
``/proc/PID/ns``. Each line of standard input is the condition of the link from now on, as JSON; it
is answered with the counts of packets, once it is in force. The process ends, and with it the
host's network, when standard input does.

Two TUN devices are used, and not ``tc``: what delays and loses packets there is no part of every
kernel.
"""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import random
import socket
import struct
import sys
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from tests.chaos.hosts import network
from tests.chaos.hosts.network import CENTRE, CLEAR, NETWORK, Condition, Packets

LARGEST_PACKET = 2048  # bytes; the MTU is 1500
TUNSETIFF = 0x400454CA
IFF_TUN, IFF_NO_PI = 0x0001, 0x1000
# A socket whose process is gone soon sends nothing more, as if the host had no power.
ORPHANS = Path("/proc/sys/net/ipv4/tcp_orphan_retries")


@dataclass(slots=True, kw_only=True)
class Direction:
    """Carries the packets of one direction."""

    source: int
    target: int
    packets: Packets
    condition: Condition = CLEAR

    def carry(self) -> None:
        packet = os.read(self.source, LARGEST_PACKET)
        condition = self.condition
        if condition.cut or random.random() < condition.loss:
            self.packets.lost += 1
            return
        self.packets.carried += 1
        self.packets.delayed += bool(condition.delay_s)
        loop = asyncio.get_running_loop()
        loop.call_later(condition.delay_s, partial(self._write, packet))

    def _write(self, packet: bytes) -> None:
        with suppress(OSError):  # a full queue loses packets, as any link
            os.write(self.target, packet)


def open_device(name: str) -> int:
    """Open a TUN device of the network in which this process is. Raises ``OSError``."""
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TUN | IFF_NO_PI))
    return device


def try_out() -> None:
    """Do in a new network what a link needs. Raises ``OSError``."""
    network.leave()
    os.close(open_device("try"))
    ORPHANS.write_text("1", "ascii")


def lay(name: str, address: str) -> dict[str, Direction]:
    """Make the host's network, and be in it; return both directions."""
    here = open_device(name)
    network.ip("link", "set", name, "up")
    network.ip("route", "add", f"{address}/32", "dev", name, "src", CENTRE)
    network.leave(names=True)
    socket.sethostname(name)
    there = open_device("eth0")
    network.ip("link", "set", "lo", "up")
    network.ip("address", "add", f"{address}/32", "dev", "eth0")
    network.ip("link", "set", "eth0", "up")
    network.ip("route", "add", NETWORK, "dev", "eth0", "src", address)
    ORPHANS.write_text("1", "ascii")
    packets = Packets()
    return {
        "to_host": Direction(source=here, target=there, packets=packets),
        "to_centre": Direction(source=there, target=here, packets=packets),
    }


async def carry(directions: dict[str, Direction]) -> None:
    """Carry packets until standard input ends."""
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    for direction in directions.values():
        loop.add_reader(direction.source, direction.carry)

    def read() -> None:
        line = sys.stdin.buffer.readline()
        if not line:
            ended.set()
            return
        for name, condition in json.loads(line).items():
            directions[name].condition = Condition(**condition)
        print(json.dumps(asdict(directions["to_host"].packets)), flush=True)

    loop.add_reader(sys.stdin.fileno(), read)
    print("ready", flush=True)
    await ended.wait()


if __name__ == "__main__":
    asyncio.run(carry(lay(*sys.argv[1:])))
