"""The documents of surveys: the rules file, its questions and its theme."""

from __future__ import annotations
