"""Requests to Cention's HTTP framework and its answers, to compare the sandbox with."""

from __future__ import annotations
