"""Erasure, subject access and retention, in the database and the spool."""

from __future__ import annotations
