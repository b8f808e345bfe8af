"""Fuzzing of what strangers can send: one module a target, run by hypothesis, by a short and by a long guided run."""
