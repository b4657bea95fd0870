"""Measurements. They assert nothing."""
