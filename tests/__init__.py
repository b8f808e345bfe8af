"""Candour's tests: real gpg, a real database, a real browser, running processes."""
