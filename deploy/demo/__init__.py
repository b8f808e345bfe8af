"""The demonstration: both halves of Candour on one machine, to try it out.

It is not part of the product. It starts the same commands that a person would type, speaks to them through
their arguments and their output alone, and imports nothing of them.
"""
