"""Four hosts with links and clocks of their own: a short form of a proof of `make prove`."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.chaos.hosts import network

SEED = 14  # begins with the power of a host, a one-way link and slow links


@pytest.fixture(autouse=True)
def _hosts_can_be_made():
    if reason := network.why_not():
        pytest.skip(f"Hosts cannot be made here. {reason}")


def run(*module: str) -> subprocess.CompletedProcess[str]:
    """Run a module in a process of its own, which stays in the network that it makes."""
    return subprocess.run([sys.executable, "-m", *module], capture_output=True, text=True)


def test_a_host_that_lost_its_power_keeps_no_lock_though_nobody_hears_of_it():
    done = run("tests.chaos.hosts.lost_lock")

    assert done.returncode == 0, done.stderr + done.stdout


def test_whatever_happens_to_links_power_and_clocks_of_four_hosts_nothing_is_lost_or_doubled():
    """``python -m tests.chaos --hosts 4`` runs longer."""
    done = run("tests.chaos", "--hosts", "4", "--short", "--seed", str(SEED))

    assert done.returncode == 0, done.stderr + done.stdout
    rows = figures(done.stdout)
    assert (rows["lost"], rows["applied twice"]) == ("0", "0")
    assert int(rows["packets lost on purpose"]) > 0


def figures(table: str) -> dict[str, str]:
    """Return the figures of the table of a campaign, by their names."""
    lines = (line.strip("| ").partition(" | ") for line in table.splitlines() if " | " in line)
    return {name: figure for name, _, figure in lines}
