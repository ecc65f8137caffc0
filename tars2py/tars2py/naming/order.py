"""The order of names in ``__all__`` and in imports, as linters sort them.

Constants first (all upper case), then classes (upper case first letter), then the rest; numbers in
a name count as numbers.
"""

from __future__ import annotations

import re
from typing import TypeAlias

__all__ = ["export_order", "import_order"]

Natural: TypeAlias = list[tuple[bool, int, str]]


def export_order(name: str) -> tuple[int, Natural]:
    """A sort key for ``__all__``."""
    return _group(name), _natural(name)


def import_order(name: str) -> tuple[int, Natural, Natural]:
    """A sort key for the names of one import: as above, but upper and lower case are one."""
    return _group(name), _natural(name.lower()), _natural(name)


def _group(name: str) -> int:
    if len(name) > 1 and name.isupper():
        return 0
    return 1 if name[:1].isupper() else 2


def _natural(name: str) -> Natural:
    return [
        (not piece.isdigit(), int(piece) if piece.isdigit() else 0, piece)
        for piece in re.findall(r"\d+|\D+", name)
    ]
