"""Tree to model: what names refer to, what values are, which declarations go together."""

from tars2py.resolve.program import resolve

__all__ = ["resolve"]
