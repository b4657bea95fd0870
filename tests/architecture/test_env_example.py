"""``deploy/env.example`` lists every setting that the code reads, and no other."""

from __future__ import annotations

import re
from pathlib import Path

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

    example = (ROOT / "deploy" / "env.example").read_text("utf-8")
    listed = set(re.findall(r"^#? ?([A-Z][A-Z_]+)=", example, re.MULTILINE))

    assert listed == read
