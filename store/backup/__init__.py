"""Backups of a host, either of them: what is in one, writing it, reading it back, and which old ones are kept."""
