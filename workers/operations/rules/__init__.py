"""Durations, counts and advice in words."""

from __future__ import annotations
