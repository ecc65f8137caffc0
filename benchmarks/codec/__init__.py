"""Codec benchmarks: ours against the codecs that a Python program could use instead."""
