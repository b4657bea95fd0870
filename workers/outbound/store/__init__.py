"""Requests that were sent to Cention, and their outcomes."""

from __future__ import annotations
