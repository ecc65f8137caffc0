"""Finds out that nothing changed since the last run, before anything heavy is imported.

A run that said nothing leaves a stamp in the user's cache folder: its command line, every file
that it read or wrote with its hash, and where it looked in vain. When all that is as it was,
so would be the output. Here every import counts, so that there are two, and the stamp is
plain text: a mark, a hash, a path a line.
"""

from __future__ import annotations

import os
from hashlib import sha256

from tars2py.cache import folder
from tars2py.version import VERSION

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

__all__ = ["Stamp"]


class Stamp:
    """The stamp of one command line in one working directory."""

    def __init__(self, arguments: Sequence[str]) -> None:
        key = "\0".join([VERSION, os.getcwd(), *arguments])
        cache = folder()
        name = sha256(key.encode(errors="surrogateescape")).hexdigest()[:32]
        self._path = os.path.join(cache, f"run-{name}") if cache else ""

    def fresh(self) -> bool:
        """Is everything as the last run left it?"""
        if not self._path:
            return False
        try:
            with open(self._path, encoding="utf-8", errors="surrogateescape") as file:
                rows = [line.rstrip("\n").split(" ", 2) for line in file]
            return bool(rows) and all(_holds(*row) for row in rows)
        except (OSError, ValueError, TypeError):
            return False

    def write(self, files: Iterable[Path], absent: Iterable[Path]) -> None:
        """Note what this run read and wrote, and where there was nothing."""
        rows = [f"compiler {_compiler()} -"]
        rows += [f"file {_hash(str(each))} {os.path.abspath(each)}" for each in files]
        rows += [f"absent - {os.path.abspath(each)}" for each in absent]
        if not self._path or any("\n" in row for row in rows):
            return
        try:
            with open(
                self._path, "w", encoding="utf-8", errors="surrogateescape"
            ) as file:
                file.write("\n".join(rows) + "\n")
        except OSError:
            return  # a cache that cannot be written saves no time, and does no harm


def _holds(mark: str, known: str, path: str) -> bool:
    """Is this line of a stamp still true?"""
    if mark == "absent":
        return not os.path.exists(path)
    return known == (_compiler() if mark == "compiler" else _hash(path))


def _hash(path: str) -> str:
    with open(path, "rb") as file:
        return sha256(file.read()).hexdigest()


def _compiler() -> str:
    """What the compiler itself is: the size and time of each of its files."""
    here = os.path.dirname(os.path.dirname(__file__))
    installed = os.path.join(here, "..", "tars_templates")
    checked_out = os.path.join(here, "..", "..", "templates", "tars_templates")
    state = []
    for top in (here, installed, checked_out):
        for directory, _, names in os.walk(top):
            for name in names:
                if name.endswith((".py", ".j2", ".lark")):
                    status = os.stat(os.path.join(directory, name))
                    state.append((name, status.st_size, status.st_mtime_ns))
    return sha256(repr(sorted(state)).encode()).hexdigest()
