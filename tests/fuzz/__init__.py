"""Fuzzing: ``python -m tests.fuzz --seconds 60``."""
