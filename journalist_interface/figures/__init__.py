"""Figures for the whole desk: what is counted, how small numbers stay unknown, and how they are shown."""
