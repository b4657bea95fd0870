"""The documents of surveys: the rules file, and what vendors are sent and answer."""

from __future__ import annotations
