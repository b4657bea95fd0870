"""The weekly report: its figures, the report as a page and as a workbook, and its mail."""

from __future__ import annotations

SUFFIXES = (".html", ".xlsx")  # here, where nothing slow is loaded
