"""Commands whose output cannot be written, or is read in part."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

COMMAND = (sys.executable, "-m", "workers.cli")


def run(*words, **streams):
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.run(
        [*COMMAND, *words],
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        **streams,
    )


@pytest.mark.parametrize("words", [("--help",), ("callbacks",), ("callbacks", "--json")])
def test_a_full_disk_is_said_in_one_line(terminal, words):
    with open("/dev/full", "w") as full:
        found = run(*words, stdout=full)

    assert found.stderr == "The output cannot be written: No space left on device.\n"
    assert found.returncode == 1


def test_a_reader_that_has_read_enough_is_no_error(terminal):
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as closed:
        found = run("--help", stdout=closed)

    assert (found.returncode, found.stderr) == (1, "")
