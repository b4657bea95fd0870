"""What tests of every kind share: servers, settings, sample documents."""

from __future__ import annotations
