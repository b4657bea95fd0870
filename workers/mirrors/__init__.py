"""What is copied as a whole on a schedule: the library, log-ons of agents, and exports."""

from __future__ import annotations
