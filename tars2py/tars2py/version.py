"""The version that generated files name."""

from __future__ import annotations

__all__ = ["VERSION"]

VERSION = "0.1"
"""Major and minor only, so that a patch release changes no committed file."""
