"""Figures of a week or any period: the weekly report and its mail, and panels for the web."""

from __future__ import annotations

SUFFIXES = (".html", ".xlsx")  # here, where nothing slow is loaded
