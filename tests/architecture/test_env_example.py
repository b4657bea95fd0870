"""``deploy/env.example`` lists every setting that the code reads, and no other."""

from __future__ import annotations

import re
from pathlib import Path

from tests.support.env_example import settings
from workers.config.settings import SECRETS
from workers.config.workspaces import CLAIMS

ROOT = Path(__file__).parents[2]
READ = re.compile(r'(?:env\.\w+\(|environ(?:\.get\(|\[)|given(?:\.get\(|\[))\s*"([A-Z][A-Z_]+)"')
SOURCES = ("receiver", "workers", "deploy")


def test_the_file_lists_every_setting_and_nothing_else():
    files = [path for top in SOURCES for path in (ROOT / top).rglob("*.py")]
    read = {name for path in files for name in READ.findall(path.read_text("utf-8"))}
    read |= {f"CENTION_TOKEN_{claim.upper()}" for claim in CLAIMS}
    read |= {f"{name}_FILE" for name in SECRETS}
    read -= {"PATH", "PROMETHEUS_MULTIPROC_DIR", "CENTION_METRICS_FOLDER", "RAW_URI", "REMOTE_ADDR"}

    assert settings() == read
