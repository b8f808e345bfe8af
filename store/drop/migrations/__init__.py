"""Alembic scripts of the drop's schema."""
