"""Copies of whole data sets, refreshed on a schedule: the library, agents' log-ons, exports."""

from __future__ import annotations
