"""Hands a declaration to black: for the few that our own layout leaves too long.

Black is imported when the first of them comes, and not otherwise: it takes longer to import
than most files take to compile.
"""

from __future__ import annotations

from tars2py.layout import LINE
from tars2py.width import width

__all__ = ["blackened", "fits"]


def fits(text: str) -> bool:
    """Is every line within 88 columns?"""
    return len(text) <= LINE or all(width(line) <= LINE for line in text.split("\n"))


def blackened(text: str, indent: int) -> str:
    """A declaration as black lays it out; a ``def`` may lack its body."""
    import black

    body = text if not text.endswith(":") else f"{text}\n{' ' * (indent + 4)}pass"
    frame = [f"{' ' * level}if x:\n" for level in range(0, indent, 4)]
    formatted = black.format_str("".join(frame) + body, mode=black.Mode())
    lines = formatted.rstrip("\n").split("\n")[len(frame) :]
    while not lines[0]:
        del lines[0]
    return "\n".join(lines[:-1] if text.endswith(":") else lines)
