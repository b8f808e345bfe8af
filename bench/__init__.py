"""Measurements of the running system: each script prints a table; none asserts a time."""
