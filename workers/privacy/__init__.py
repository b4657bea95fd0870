"""Erases or exports the data of a person, and removes data past its retention."""

from __future__ import annotations
