"""Makes one Python name of one IDL name: the underscore rule, and uniqueness in a scope."""

from __future__ import annotations

import re
from collections.abc import Iterable

from tars2py.naming.reserved import RESERVED

__all__ = ["Scope", "package", "part_stem", "snake"]

_SUNDER = re.compile(r"_[^_](.*[^_])?_")
"""``_x_``: a name that enum keeps for itself."""


class Scope:
    """The names of one scope: a file, a class body, a parameter list.

    ``kind`` picks the row of the reserved table; ``taken`` are further names that the
    scope's text uses.
    """

    def __init__(self, kind: str, taken: Iterable[str] = ()) -> None:
        self._reserved = RESERVED[kind]
        self._sunder = kind == "enumerator"
        self._taken = set(taken)

    def add(self, name: str) -> str:
        """The Python name of an IDL name; the scope has it from now on."""
        name = _unmangled(name)
        while self._refuses(name):
            name += "_"
        self._taken.add(name)
        return name

    def _refuses(self, name: str) -> bool:
        return (
            name in self._reserved
            or name in self._taken
            or (self._sunder and _SUNDER.fullmatch(name) is not None)
        )


def _unmangled(name: str) -> str:
    """Python renames ``__x`` inside a class; it leaves ``x__`` alone, and ``_0_`` for ``__0``."""
    bare = name.lstrip("_")
    count = len(name) - len(bare)
    if not bare or count < 2:
        return name
    if bare[0].isdigit():  # which no name begins with
        return f"_{bare}" + "_" * (count - 1)
    return bare + "_" * count


def package(module: str) -> str:
    """The name of a module's package."""
    return Scope("module").add(module)


def part_stem(file_stem: str) -> str:
    """The module name of a part, from the name of its file: ``_greeter``."""
    return "_" + re.sub(r"[^A-Za-z0-9_]", "_", file_stem)


def snake(name: str) -> str:
    """A name in upper snake case, for a constant: ``onStartupReq`` is ``ON_STARTUP_REQ``."""
    spaced = re.sub(r"([a-z0-9])([A-Z])|([A-Z])([A-Z][a-z])", r"\1\3_\2\4", name)
    return spaced.upper()
