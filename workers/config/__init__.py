"""Settings from the environment, logs, and the names that senders and workers share."""

from __future__ import annotations
