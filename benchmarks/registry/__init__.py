"""Benchmarks of the registry over the real protocol: ``python -m benchmarks.registry``."""
