"""The text of emitted code as it grows: lines, names, constants, functions, and the depth.

Each emitter makes one direction of one schema; `reading` and `writing` say what it is made of.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

from tars_runtime.codec.compiled.held import hold
from tars_runtime.codec.options import LIMITS

__all__ = ["Text", "TooDeep"]

_serial = count()  # function and constant names are unique in the process


class TooDeep(Exception):
    """The schema nests deeper than the limit, so the reference engine must count."""


class Text:
    """Emitted code, statement by statement."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.level = 2  # inside a function and its `try`
        self.functions: list[str] = []  # finished ones
        self.emitted: dict[object, str] = {}  # struct -> name of its function
        self.constants: dict[str, str] = {}  # expression -> name
        self.depth = 0  # open values around this place, not counting `d`
        self.inside = False  # in a function with a `d`
        self.recursive = (
            False  # the schema refers to itself: depth is counted at run time
        )
        self.nesting = 0  # structs inlined around this place

    def line(self, text: str) -> None:
        """Add a statement, or several lines of them."""
        self.lines += ["    " * self.level + each for each in text.splitlines()]

    @contextmanager
    def block(self, opening: str) -> Iterator[None]:
        """Add a compound statement; what is added within is its body."""
        self.line(opening)
        self.level += 1
        yield
        self.level -= 1

    def name(self, stem: str) -> str:
        """A new local or global name."""
        return f"{stem}{next(_serial)}"

    def constant(self, expression: str) -> str:
        """The name of a global that is ``expression``."""
        if expression not in self.constants:
            self.constants[expression] = self.name("K")
        return self.constants[expression]

    def hold(self, value: object) -> str:
        """The name of a global that is ``value``."""
        return self.constant(f"held({hold(value)})")

    def literal(self, value: object) -> str:
        """An expression for a default."""
        if value is None or type(value) in (bool, int, str, bytes):
            return repr(value)
        return self.hold(value)

    @contextmanager
    def open(self) -> Iterator[None]:
        """One more open value; held to the limit here, or at run time under a reference."""
        self.depth += 1
        if self.recursive:
            self.line(f"if {self.depth_here()} > {LIMITS.depth}: raise Fault")
        elif self.depth > LIMITS.depth:
            raise TooDeep
        yield
        self.depth -= 1

    def depth_here(self) -> str:
        """An expression for the number of open values."""
        return f"d + {self.depth}" if self.inside else str(self.depth)

    @contextmanager
    def function(self, parameters: str) -> Iterator[str]:
        """A function of its own, which other places call with their depth."""
        name = self.name("f")
        kept = self.lines, self.level, self.depth, self.inside, self.nesting
        self.lines, self.level, self.depth, self.inside, self.nesting = (
            [],
            1,
            0,
            True,
            0,
        )
        yield name
        text = "\n".join([f"def {name}({parameters}):", *self.lines])
        self.functions.append(text)
        self.lines, self.level, self.depth, self.inside, self.nesting = kept

    @contextmanager
    def inlined(self, members: int) -> Iterator[bool]:
        """Whether a struct is emitted in place, or called: large ones only once below the top."""
        fits = self.nesting < 1 if members > 4 else self.nesting < 3
        self.nesting += fits
        yield fits
        self.nesting -= fits
