"""Migrating, sweeping, checking, and deciding what an operator should know."""

from __future__ import annotations
