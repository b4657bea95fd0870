"""The wheel contains every file of the packages, and works without the repository."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Iterator
from configparser import ConfigParser
from pathlib import Path

import psycopg
import pytest

from deploy.embedded import Postgres
from tests.integration.terminal import UNREACHABLE

ROOT = Path(__file__).parents[2]
PACKAGES = ("receiver", "workers", "schemas", "deploy")
SOURCES = (*PACKAGES, "wsgi.py", "setup.cfg", "pyproject.toml", "README.md")
CACHE = "__pycache__"  # other tests write there at the same time
# Documents, pinned dependencies and what they are chosen from, sample settings.
NOT_INSTALLED = {".md", ".lock", ".in", ".example"}
# Of the repository alone: documents, a project of analysts, and files that run the bridge.
COPIED = tuple(
    f"deploy/{name}/"
    for name in (
        *("container", "dbt", "docs", "grafana"),
        *("kubernetes", "prometheus", "proxies", "systemd"),
    )
)
RELATIONS = """
    SELECT table_schema || '.' || table_name FROM information_schema.tables
    WHERE table_schema NOT IN ('information_schema', 'pg_catalog') ORDER BY 1
"""
PRINT_FILES = f"""
from importlib.util import find_spec
for name in {(*PACKAGES, "wsgi")}:
    print(find_spec(name).origin)
"""


def run(*command: str | Path, cwd: Path, **variables: str) -> str:
    """Run a command without access to the repository, and return its output."""
    done = subprocess.run(
        command,
        cwd=cwd,
        env={"PATH": os.defpath, "PIP_DISABLE_PIP_VERSION_CHECK": "1", **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def pip(*arguments: str | Path, cwd: Path) -> None:
    """Run pip without the network."""
    run(sys.executable, "-m", "pip", "--isolated", *arguments, "--no-index", "--no-deps", cwd=cwd)


def files_of(folder: Path) -> set[str]:
    """Return the files below ``folder``, relative to its parent, without caches."""
    paths = (path for path in folder.rglob("*") if CACHE not in path.parts and path.is_file())
    return {str(path.relative_to(folder.parent)) for path in paths}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel, built from a copy of the sources in which no earlier build has left files."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    source.mkdir()
    for name in SOURCES:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns(CACHE))
        else:
            shutil.copy(ROOT / name, source)
    pip("wheel", source, "--no-build-isolation", "--wheel-dir", folder, cwd=folder)
    [built] = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment with the wheel, and with the pinned dependencies of this one.

    Its ``.pth`` file leads to the packages of this environment. Python does not process the
    ``.pth`` files there, so the editable install of the repository is not visible.
    """
    folder = tmp_path_factory.mktemp("environment")
    run(sys.executable, "-m", "venv", "--without-pip", folder, cwd=folder)
    pip("--python", folder / "bin" / "python", "install", wheel, cwd=folder)
    [packages] = folder.glob("lib/python3*/site-packages")
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n", "utf-8")
    return folder


@pytest.fixture
def empty_database(postgres: Postgres) -> Iterator[str]:
    """The URL of a database without any table."""
    with psycopg.connect(postgres.url, autocommit=True) as admin:
        admin.execute("CREATE DATABASE of_the_wheel")
        yield postgres.url_of("of_the_wheel")
        admin.execute("DROP DATABASE of_the_wheel WITH (FORCE)")


def relations(database: str) -> list[str]:
    with psycopg.connect(database) as conn:
        return [name for (name,) in conn.execute(RELATIONS)]


def test_the_wheel_contains_every_file_of_the_packages(wheel):
    expected = set().union(*(files_of(ROOT / package) for package in PACKAGES))

    missing = expected - set(zipfile.ZipFile(wheel).namelist())

    missing = {name for name in missing if not name.startswith(COPIED)}
    assert [name for name in sorted(missing) if Path(name).suffix not in NOT_INSTALLED] == []


def test_modules_are_imported_from_the_wheel(environment, tmp_path):
    files = run(environment / "bin" / "python", "-c", PRINT_FILES, cwd=tmp_path).split()

    assert len(files) == len(PACKAGES) + 1
    assert [name for name in files if not Path(name).is_relative_to(environment)] == []


def test_its_command_migrates_a_database(environment, empty_database, database, tmp_path):
    command = environment / "bin" / "cention"

    run(command, "migrate", cwd=tmp_path, DATABASE_URL=empty_database, **UNREACHABLE)

    assert relations(empty_database) == relations(database)
    assert "intake.callback" in relations(empty_database)


def test_its_version_is_that_of_the_sources(environment, tmp_path):
    settings = ConfigParser()
    settings.read(ROOT / "setup.cfg", "utf-8")

    printed = run(environment / "bin" / "cention", "--version", cwd=tmp_path)

    assert printed == f"cention bridge {settings['metadata']['version']}\n"


def test_its_command_run_is_that_of_make(environment, tmp_path):
    started = subprocess.run(
        [environment / "bin" / "cention", "run"],
        cwd=tmp_path,
        env={"PATH": os.defpath, "METRICS_BIND": "nowhere"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert started.returncode == 1
    assert started.stderr.startswith("METRICS_BIND ")
