"""What a run says about a servant that it left alone."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

__all__ = ["Kept"]


class Kept(NamedTuple):
    """A servant that was left alone, and how it differs from its interface."""

    path: Path
    interface: str
    new: tuple[str, ...]
    """Methods that the interface has and the servant lacks."""

    gone: tuple[str, ...]
    """Methods that the servant has and the interface lacks (or its author's own)."""

    different: tuple[str, ...]
    """Methods whose parameters are others now."""

    problem: str = ""
    """Why nothing could be compared."""

    def __str__(self) -> str:
        said = []
        if self.problem:
            said.append(f"it could not be compared: {self.problem}")
        if self.new:
            said.append(f"new in {self.interface}: {', '.join(self.new)}")
        if self.gone:
            said.append(f"not in {self.interface}: {', '.join(self.gone)}")
        if self.different:
            said.append(f"other parameters now: {', '.join(self.different)}")
        return f"{self.path}: kept as it is; {'; '.join(said) or 'nothing changed'}"
