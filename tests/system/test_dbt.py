"""The project of deploy/dbt, built by dbt on the data of the sandbox, without a network."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner
from psycopg.conninfo import conninfo_to_dict

from tests.integration.bridge import Bridge
from tests.integration.conftest import bridge_of
from tests.integration.sandbox.sandbox_server import sandbox_server
from tests.integration.terminal import UNREACHABLE, Terminal
from tests.support.figure_job import compute_figures
from tests.support.settings import settings_for

ROOT = Path(__file__).parents[2]
DBT = ROOT / ".venv" / "dbt" / "bin" / "dbt"
ERRANDS = 40
AS_USER = [] if os.geteuid() == 0 else ["--map-root-user"]


@pytest.fixture
def bridge(database: str) -> Iterator[Bridge]:
    """A bridge that has fetched errands of the sandbox and computed their figures."""
    with sandbox_server(sla_delay_s=0) as cention:
        cention.control("errands", {"count": ERRANDS, "actions": 3})
        for bridge in bridge_of(settings_for(database, f"{cention.root}/s/demo")):
            with psycopg.connect(database) as conn:
                conn.execute(
                    "INSERT INTO cention.workspace (workspace, timezone) VALUES ('demo', 'UTC')"
                )
            bridge.poll()
            while bridge.drain().more:
                pass
            compute_figures(bridge.context.session)
            yield bridge


@pytest.fixture
def dbt(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, database: str):
    """Return a function that runs dbt in a copy of the project, with generated sources."""
    if not DBT.exists():
        pytest.skip("dbt is missing: make .venv/dbt/bin/dbt")
    project = tmp_path / "dbt"
    shutil.copytree(ROOT / "deploy" / "dbt", project)
    for name, value in {"DATABASE_URL": database, **UNREACHABLE}.items():
        monkeypatch.setenv(name, value)
    sources = Terminal(runner=CliRunner()).run("dictionary", "--format", "dbt").stdout
    (project / "models" / "sources.yml").write_text(sources, "utf-8")
    where = conninfo_to_dict(database)
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "PGHOST": str(where["host"]),
        "PGPORT": str(where.get("port", "5432")),
        "PGUSER": str(where["user"]),
        "PGDATABASE": str(where["dbname"]),
    }

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        # Without a network: Postgres has a socket. Only root needs no user namespace.
        return subprocess.run(
            ["unshare", *AS_USER, "--net", str(DBT), *words],
            cwd=project,
            env=environment,
            capture_output=True,
            text=True,
            timeout=500,
            check=False,
        )

    return run


def test_dbt_builds_its_models_and_passes_every_test_of_the_sources(bridge, dbt, tmp_path):
    built = dbt("--warn-error", "build")

    assert built.returncode == 0, built.stdout
    results = json.loads((tmp_path / "dbt/target/run_results.json").read_text())["results"]
    statuses = {one["unique_id"]: one["status"] for one in results}
    assert {one for one, status in statuses.items() if status not in ("success", "pass")} == set()
    assert len(statuses) > 400
    assert bridge.rows("SELECT count(*) AS n FROM dbt.stg_errands") == [{"n": ERRANDS}]


def test_a_key_that_does_not_hold_is_found(bridge, dbt):
    bridge.execute("ALTER TABLE analyst.errand_metrics DROP CONSTRAINT errand_metrics_pkey")
    bridge.execute(
        "INSERT INTO analyst.errand_metrics SELECT * FROM analyst.errand_metrics LIMIT 1"
    )

    built = dbt("build", "--select", "source:analyst.errand_metrics", "stg_errands")

    assert built.returncode == 1
    assert "Got 1 result, configured to fail if != 0" in built.stdout
