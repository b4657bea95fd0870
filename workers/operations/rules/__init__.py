"""Thresholds of alarms and the words for durations and counts, without I/O."""

from __future__ import annotations
