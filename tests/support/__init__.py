"""Helpers for tests of every kind: servers, settings, sample documents."""

from __future__ import annotations
