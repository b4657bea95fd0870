"""Writes tables and views into files, in constant memory."""

from __future__ import annotations
