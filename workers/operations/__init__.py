"""What keeps a running bridge well: migrations, the sweep, checks and alerts."""

from __future__ import annotations
