"""What people read: tables with columns as wide as they must be, and counts in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

__all__ = ["servers", "table"]


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """The lines of a table, heads first."""
    lines = [tuple(heads), *(tuple(row) for row in rows)]
    widths = [max(len(line[at]) for line in lines) for at in range(len(heads))]
    return [
        "  ".join(
            cell.ljust(width) for cell, width in zip(line, widths, strict=True)
        ).rstrip()
        for line in lines
    ]


def servers(count: int) -> str:
    """So many servers, in words."""
    return f"{count} server{'' if count == 1 else 's'}"
