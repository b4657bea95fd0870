"""Operation of a running bridge: migrations, the sweep, checks, status and alerts."""

from __future__ import annotations
