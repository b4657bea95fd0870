"""The quirks of Cention's API, as the sandbox plays them."""

from __future__ import annotations
