"""Sending to Cention and importing files, so that nothing is done twice."""

from __future__ import annotations
