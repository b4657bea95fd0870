"""Clients of the survey vendors, one module per vendor. None of their calls may be repeated."""
