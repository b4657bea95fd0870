"""Tests that need Debian's packages, such as a real browser: ``make check-system``."""
