"""The faults of networks and hosts, beside those of processes and servers."""

from __future__ import annotations

import contextlib
import random
import threading
import time
from collections.abc import Iterable, Mapping

import psutil

from tests.chaos import faults
from tests.chaos.bridge import ChaosBridge
from tests.chaos.faults import Fault, in_thread
from tests.chaos.hosts.bridge import HostsRun
from tests.chaos.hosts.network import CLEAR, Condition, Host

CUT = Condition(cut=True)
SLOW = Condition(delay_s=0.4)
LOSSY = Condition(loss=0.2)


def cut_one(bridge: ChaosBridge, rng: random.Random) -> threading.Thread:
    return _hold(bridge, [rng.choice(_run(bridge).hosts)], to_host=CUT, to_centre=CUT)


def cut_all(bridge: ChaosBridge, rng: random.Random) -> threading.Thread:
    return _hold(bridge, _run(bridge).hosts, to_host=CUT, to_centre=CUT)


def cut_one_way(bridge: ChaosBridge, rng: random.Random) -> threading.Thread:
    """What one host sends arrives, and it hears nothing; or the reverse."""
    ways = rng.sample([CUT, CLEAR], 2)
    return _hold(bridge, [rng.choice(_run(bridge).hosts)], to_host=ways[0], to_centre=ways[1])


def delay_all(bridge: ChaosBridge, rng: random.Random) -> threading.Thread:
    return _hold(bridge, _run(bridge).hosts, to_host=SLOW, to_centre=SLOW)


def lose_packets(bridge: ChaosBridge, rng: random.Random) -> threading.Thread:
    return _hold(bridge, _run(bridge).hosts, to_host=LOSSY, to_centre=LOSSY)


def fail_power(bridge: ChaosBridge, rng: random.Random) -> threading.Thread:
    """All processes of a host end, and nobody hears of it; they start again later."""
    run = _run(bridge)
    host = rng.choice(run.hosts)
    thread = _hold(bridge, [host], to_host=CUT, to_centre=CUT)
    processes: list[psutil.Process] = []
    for pid in run.pids_on(host):
        with contextlib.suppress(psutil.NoSuchProcess):
            main = psutil.Process(pid)
            processes += [main, *main.children(recursive=True)]
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    return thread


def _run(bridge: ChaosBridge) -> HostsRun:
    assert isinstance(bridge.run, HostsRun)
    return bridge.run


def _hold(
    bridge: ChaosBridge, hosts: Iterable[Host], *, to_host: Condition, to_centre: Condition
) -> threading.Thread:
    """Have the links of the hosts so for the time that faults last."""
    held = tuple(hosts)
    for host in held:
        host.set_link(to_host=to_host, to_centre=to_centre)

    def end() -> None:
        time.sleep(bridge.hold_s)
        for host in held:
            host.set_link()

    return in_thread(end)


HOST_FAULTS: Mapping[str, Fault] = {
    "the link of a host is cut": cut_one,
    "the links of all hosts are cut": cut_all,
    "the link of a host is one-way": cut_one_way,
    "all links are slow (0.4 s each way)": delay_all,
    "all links lose a fifth of the packets": lose_packets,
    "a host loses its power": fail_power,
}
ALL_FAULTS: Mapping[str, Fault] = {**faults.FAULTS, **HOST_FAULTS}
