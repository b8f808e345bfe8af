"""Tests of the courier, against the real door."""
