"""The check that the bridge's packages are its own: others may have the same common names."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import packages_distributions, version
from importlib.util import find_spec
from pathlib import Path

import workers
from workers.operations.jobs.checks.finding import Finding, ok, wrong

DISTRIBUTION = "cention-bridge"
NAMES = ("receiver", "workers", "schemas", "deploy", "wsgi")
ABOUT = "packages"
REMEDY = f"Install {DISTRIBUTION} into an environment of its own."


def package_findings() -> Iterator[Finding]:
    """Yield where the packages are, or each that comes from elsewhere or was written over."""
    ours = Path(workers.__file__).resolve().parents[1]
    found = [*_from_elsewhere(ours), *_written_over(), *_in_this_folder(ours)]
    yield from found or [ok(ABOUT, f"Version {version(DISTRIBUTION)}, all in {ours}.")]


def _from_elsewhere(ours: Path) -> Iterator[Finding]:
    for name in NAMES:
        spec = find_spec(name)
        if spec is None or spec.origin is None:
            yield wrong(ABOUT, f"There is no package {name}, which belongs to the bridge.", REMEDY)
        elif ours not in Path(spec.origin).resolve().parents:
            yield wrong(
                ABOUT,
                f"The package {name} is none of the bridge, which is in {ours}: {spec.origin}.",
                f"{REMEDY} Is PYTHONPATH set?",
            )


def _written_over() -> Iterator[Finding]:
    distributions = packages_distributions()
    for name in NAMES:
        others = sorted(set(distributions.get(name, ())) - {DISTRIBUTION})
        if others:
            yield wrong(
                ABOUT,
                f"{', '.join(others)} has a package {name} too, in the same environment: one has "
                "written over the other.",
                REMEDY,
            )


def _in_this_folder(ours: Path) -> Iterator[Finding]:
    """Yield what gunicorn and celery would import, which look into the working directory first."""
    here = Path.cwd()
    for name in NAMES:
        for path in (here / name / "__init__.py", here / f"{name}.py"):
            if path.is_file() and here != ours:
                yield wrong(
                    ABOUT,
                    f"Processes that are started in this folder import {path}, which is none of "
                    f"the bridge in {ours}.",
                    "Start them in another folder, such as an empty one.",
                )
