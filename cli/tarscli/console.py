"""How commands speak: results on standard output, everything else on standard error."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable

__all__ = ["complain", "mark", "say", "say_json", "table"]

_COLOURS = {"ok": "32", "warn": "33", "fail": "31"}


def say(text: str) -> None:
    """Print a result."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def say_json(value: object) -> None:
    """Print a result for programs, one line."""
    import json

    say(json.dumps(value, ensure_ascii=False))


def complain(text: str) -> None:
    """Print what went wrong, or what is being done."""
    sys.stderr.write(f"tarscli: {text}\n")
    sys.stderr.flush()


def mark(word: str, kind: str) -> str:
    """``word`` in the colour of ``kind`` (ok, warn, fail), on a terminal only."""
    if not sys.stdout.isatty() or "NO_COLOR" in os.environ:
        return word
    return f"\x1b[{_COLOURS[kind]}m{word}\x1b[0m"


def table(rows: Iterable[tuple[str, ...]]) -> list[str]:
    """Rows as aligned lines."""
    listed = list(rows)
    widths = [max(map(len, column)) for column in zip(*listed, strict=True)]
    return [
        "  ".join(
            cell.ljust(width) for cell, width in zip(row, widths, strict=True)
        ).rstrip()
        for row in listed
    ]
