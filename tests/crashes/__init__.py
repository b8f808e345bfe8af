"""Killing every process of both hosts at every durable step, starting it again, and looking at what is left."""
