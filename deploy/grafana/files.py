"""The dashboards as the text of their files."""

from __future__ import annotations

import json
from pathlib import Path

from deploy.grafana import managers, operators
from deploy.grafana.panels import to_json

FOLDER = Path(__file__).parent
DASHBOARDS = {"managers.json": managers.DASHBOARD, "operators.json": operators.DASHBOARD}


def files() -> dict[str, str]:
    """Return the text of each file by its name."""
    return {
        name: json.dumps(to_json(dashboard), indent=2, ensure_ascii=False) + "\n"
        for name, dashboard in DASHBOARDS.items()
    }
