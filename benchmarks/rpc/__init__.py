"""How fast our servers and clients are, beside those of others. ``python -m benchmarks.rpc``."""
