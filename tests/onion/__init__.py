"""Tests with real Tor: a whole private network on loopback, in a network namespace with no road out."""
