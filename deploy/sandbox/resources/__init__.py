"""Cention's documents, one module for each kind of resource."""

from __future__ import annotations
