"""Processes are killed at random moments, and nothing may be lost: ``python -m tests.chaos``."""
