"""Proof that generated texts are right: Python compiles them, black leaves them alone.

Both hold by construction, and tests hold them; this is for those who want it of each run.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

__all__ = ["proven"]


def proven(files: Mapping[Path, str], *, black: bool) -> dict[Path, str]:
    """The files, each compiled in memory; with ``black`` as black lays them out.

    A failure is a defect of ours: it raises `RuntimeError` that names the file.
    """
    texts = {}
    for path, text in files.items():
        if path.suffix != ".py":
            texts[path] = text
            continue
        try:
            compile(text, str(path), "exec")
        except SyntaxError as error:
            raise RuntimeError(
                f"tars2py wrote {path.name} wrongly, please report it: {error}"
            ) from error
        texts[path] = _blackened(text) if black else text
    return texts


def _blackened(text: str) -> str:
    from black import Mode, format_str

    return format_str(text, mode=Mode())
