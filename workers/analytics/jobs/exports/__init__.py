"""Writes tables and views into files, in constant memory."""

from __future__ import annotations

SUFFIXES = (".parquet", ".csv", ".xlsx", ".jsonl")  # here, where nothing slow is loaded
