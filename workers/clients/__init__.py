"""Clients of other companies' APIs: one class per claim, over one small HTTP caller."""

from __future__ import annotations
