"""Alembic scripts of the desk's schema."""
