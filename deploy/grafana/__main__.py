"""``python -m deploy.grafana`` writes the dashboards into this folder."""

from __future__ import annotations

from deploy.grafana.files import FOLDER, files

if __name__ == "__main__":
    for name, text in files().items():
        (FOLDER / name).write_text(text, "utf-8")
