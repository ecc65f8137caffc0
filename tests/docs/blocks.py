"""The examples of a page, by their language."""

from __future__ import annotations

import re
from pathlib import Path

__all__ = ["ROOT", "blocks"]

ROOT = Path(__file__).parents[2]


def blocks(page: str, language: str = "") -> list[str]:
    """What stands between fences of a language, in the order of the page."""
    text = (ROOT / page).read_text(encoding="utf-8")
    fences = re.findall(r"^```(\w*)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    return [body for name, body in fences if name == language]
