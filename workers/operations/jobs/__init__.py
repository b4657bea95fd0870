"""Migrations, the sweep, checks, and alerts for operators."""

from __future__ import annotations
