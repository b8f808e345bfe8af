"""Tor, as both hosts meet it: addresses, configuration, keys of clients, and the control socket."""
