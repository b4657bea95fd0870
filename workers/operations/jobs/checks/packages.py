"""The check that the bridge's packages are its own: others may have the same common names."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import packages_distributions, version
from importlib.util import find_spec
from pathlib import Path

import workers
from workers.operations.jobs.checks.finding import Finding, ok, wrong
from workers.operations.jobs.sentences import Sentence

DISTRIBUTION = "cention-bridge"
NAMES = ("receiver", "workers", "schemas", "deploy", "wsgi")
ABOUT = Sentence("about.packages")
REMEDY = Sentence("remedy.packages", distribution=DISTRIBUTION)


def package_findings() -> Iterator[Finding]:
    """Yield where the packages are, or each that comes from elsewhere or was written over."""
    ours = Path(workers.__file__).resolve().parents[1]
    found = [*_from_elsewhere(ours), *_written_over(), *_in_this_folder(ours)]
    whole = Sentence("check.packages", version=version(DISTRIBUTION), folder=str(ours))
    yield from found or [ok(ABOUT, whole)]


def _from_elsewhere(ours: Path) -> Iterator[Finding]:
    for name in NAMES:
        spec = find_spec(name)
        if spec is None or spec.origin is None:
            yield wrong(ABOUT, Sentence("check.package_missing", name=name), REMEDY)
        elif ours not in Path(spec.origin).resolve().parents:
            yield wrong(
                ABOUT,
                Sentence("check.package_elsewhere", name=name, folder=str(ours), path=spec.origin),
                Sentence("remedy.python_path", distribution=DISTRIBUTION),
            )


def _written_over() -> Iterator[Finding]:
    distributions = packages_distributions()
    for name in NAMES:
        others = sorted(set(distributions.get(name, ())) - {DISTRIBUTION})
        if others:
            written_over = Sentence("check.package_twice", others=", ".join(others), name=name)
            yield wrong(ABOUT, written_over, REMEDY)


def _in_this_folder(ours: Path) -> Iterator[Finding]:
    """Yield what gunicorn and celery would import, which look into the working directory first."""
    here = Path.cwd()
    for name in NAMES:
        for path in (here / name / "__init__.py", here / f"{name}.py"):
            if path.is_file() and here != ours:
                yield wrong(
                    ABOUT,
                    Sentence("check.package_here", path=str(path), folder=str(ours)),
                    Sentence("remedy.package_here"),
                )
