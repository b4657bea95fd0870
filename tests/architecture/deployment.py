"""What the files of ``deploy/`` that run the bridge elsewhere say: commands and settings."""

from __future__ import annotations

import configparser
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import celery.bin.beat
import celery.bin.worker
import yaml

from workers.cli.registry import cention
from workers.config.names import Queue

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
SYSTEMD = DEPLOY / "systemd"
CONTAINER = DEPLOY / "container"
APPLICATIONS = {"wsgi:app", "wsgi:web"}


def unit_lines(path: Path) -> Iterator[tuple[str, str]]:
    """Yield the keys and values of a file of systemd."""
    for line in path.read_text("utf-8").replace("\\\n", " ").splitlines():
        key, equals, value = line.partition("=")
        if equals and not line.startswith("#"):
            yield key, value


def problems_of_command(words: list[str]) -> list[str]:
    """Return what of a command does not exist: program, application, file, command or option."""
    program, *rest = words
    name = Path(program).name
    if name == "gunicorn":
        option, config, application = rest
        # "conf" leads to the folder of the package "deploy"; of that name it would be imported.
        exists = config.startswith("conf/") and (DEPLOY / config.removeprefix("conf/")).is_file()
        missing = [] if exists and option == "--config" else [config]
        return missing + [word for word in (application,) if word not in APPLICATIONS]
    if name == "celery":
        place = rest.index("--app")
        if rest[place + 1] != "workers.app" or rest[:place] not in ([], ["--quiet"]):
            return [" ".join(rest[: place + 2])]
        return problems_of_celery(rest[place + 2 :])
    if name == "cention":
        return [] if rest[0] in cention.commands else [rest[0]]
    return [program]


def problems_of_celery(words: list[str]) -> list[str]:
    """Return a command or options that Celery does not have, and a queue that does not exist."""
    command = {"worker": celery.bin.worker.worker, "beat": celery.bin.beat.beat}[words[0]]
    known = {option for one in command.params for option in one.opts}
    unknown = [word for word in words if word.startswith("--") and word not in known]
    return unknown + [one for one in queues(words) if one != "%i" and one not in list(Queue)]


def queues(words: list[str]) -> list[str]:
    """Return the queues that a worker is given."""
    return words[words.index("--queues") + 1].split(",") if "--queues" in words else []


def image() -> str:
    """Return the name of the image of this version."""
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg", "utf-8")
    return f"cention-bridge:{setup['metadata']['version']}"


def services() -> dict[str, dict[str, Any]]:
    """Return the services of the compose file that are processes of the bridge."""
    everything = yaml.safe_load((CONTAINER / "compose.yaml").read_text("utf-8"))["services"]
    return {name: one for name, one in everything.items() if one["image"] == image()}


def stages() -> list[str]:
    """Return the stages of the image, without comments and with each instruction in a line."""
    text = (CONTAINER / "Containerfile").read_text("utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return re.split(r"^FROM ", "\n".join(lines), flags=re.MULTILINE)[1:]
