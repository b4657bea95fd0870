"""Surveys: customers are asked how satisfied they are, by rules, at most once per errand."""

from __future__ import annotations
