"""The tables of wanted records, fetched documents, callbacks and their rows."""

from __future__ import annotations
