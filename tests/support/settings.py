"""Settings of one workspace."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

from workers.config.settings import Settings
from workers.config.workspaces import CLAIMS, Tokens, WorkspaceSettings

WORKSPACE = WorkspaceSettings(
    name="demo",
    cention_url="https://cention.test/s/demo",
    timezone=ZoneInfo("Europe/Stockholm"),
    tokens=Tokens(**dict.fromkeys(CLAIMS)),
    callback_secrets=("secret",),
)
SETTINGS = Settings(
    database_url="",
    broker_url="",
    workspaces=(WORKSPACE,),
    allow_unsigned=False,
    poll_every_s=15,
    fetch_threads=4,
    drains_per_workspace=2,
    fetch_timeout_s=5,
    lease_s=60,
    attachment_max_bytes=1024 * 1024,
    spool_dir=Path("var/spool"),
    spool_max_bytes=0,
)


def settings_for(database: str, cention_url: str, *, token: str = "sandbox-token") -> Settings:
    """Return settings of one workspace with a token for the claims errand_data and attachments."""
    tokens = replace(WORKSPACE.tokens, errand_data=token, attachments=token)
    workspace = replace(WORKSPACE, cention_url=cention_url, tokens=tokens)
    return replace(SETTINGS, database_url=database, workspaces=(workspace,))
