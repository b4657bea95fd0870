"""What Cention is asked to do once: new errands, closings, ended calls and contact cards."""

from __future__ import annotations
