"""Collects the text of emitted functions: lines, names, constants, and the choice by head.

In emitted code ``b`` is the message, ``l`` the message and a struct's end (so that the end of
the message ends every struct, and over-reading ends in an IndexError or behind it), ``i`` the
position, ``h`` the head, ``d`` the depth of a function that several places call.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any

from tars_runtime.codec import wire
from tars_runtime.codec.compiled import prelude
from tars_runtime.codec.options import LIMITS

if TYPE_CHECKING:
    from tars_runtime.codec.types import Type

__all__ = ["Emitter", "Store", "TooDeep"]

Store = Callable[[str], str]
"""Turns an expression into the statement that keeps its value."""

_serial = count()  # function and constant names are unique in the process


class TooDeep(Exception):
    """The schema nests deeper than the limit, so the reference engine must count."""


@dataclass(slots=True)
class _Choice:
    tag: int
    absent: str  # what to do for a higher tag
    branches: int = 0
    asked: bool = False  # whether the higher tag has had its branch


def _chosen(tag: int) -> int:
    """What ``h`` is at the head of a tag, but for the wire type."""
    return tag << 4 if tag < 15 else 256


class Emitter:
    """The text of one direction (reading or writing) of one schema."""

    def __init__(self, elide: bool = True) -> None:
        self.elide = elide
        self.lines: list[str] = []
        self.level = 1
        self.functions: list[str] = []  # finished ones
        self.emitted: dict[object, str] = {}  # struct -> name of its function
        self.constants: dict[str, str] = {}  # expression -> name
        self.depth = 0  # open values around this place, not counting `d`
        self.inside = False  # in a function with a `d`
        self.recursive = (
            False  # the schema has a reference: depth is counted at run time
        )
        self.nesting = 0  # structs inlined around this place
        self._choices: list[_Choice] = []
        self._pending: list[str] = []

    # Text.

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
        return self.constant(f"held({prelude.hold(value)})")

    def literal(self, value: object) -> str:
        """An expression for a default."""
        if value is None or type(value) in (bool, int, str, bytes):
            return repr(value)
        return self.hold(value)

    # Depth.

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
        kept = self.lines, self.level, self.depth, self.inside
        around = self.nesting, self._choices, self._pending
        self.lines, self.level, self.depth, self.inside = [], 1, 0, True
        self.nesting, self._choices, self._pending = 0, [], []
        yield name
        text = "\n".join([f"def {name}({parameters}):", *self.lines])
        self.functions.append(text)
        self.lines, self.level, self.depth, self.inside = kept
        self.nesting, self._choices, self._pending = around

    @contextmanager
    def inlined(self, members: int) -> Iterator[bool]:
        """Whether a struct is emitted in place, or called: large ones only once below the top."""
        fits = self.nesting < 1 if members > 4 else self.nesting < 3
        self.nesting += fits
        yield fits
        self.nesting -= fits

    # Reading: the choice by head.

    @property
    def k(self) -> int:
        """The length of the head that is chosen by."""
        return 1 if self._choices[-1].tag < 15 else 2

    @contextmanager
    def when(self, code: int) -> Iterator[None]:
        """The branch for wire type ``code``; ``i`` is still at the head."""
        choice = self._choices[-1]
        if choice.branches == 2 and choice.absent and choice.tag < 15:
            # A higher tag is likely, so it is asked for after the two likeliest heads.
            self._branch(f"elif {(choice.tag << 4) + 15} < h < 240:", [choice.absent])
            choice.asked = True
        word = "elif" if choice.branches else "if"
        choice.branches += 1
        with self.block(f"{word} h == {_chosen(choice.tag) | code}:"):
            yield

    def element(self, of: Type[Any], tag: int, store: Store) -> None:
        """Read a value that must stand here, at ``tag``."""
        self._choose(of, tag, store, "")
        self._branch("else:", ["raise Fault"])

    def member(
        self, of: Type[Any], tag: int, store: Store, absent: str, slow: str
    ) -> None:
        """Read a value that may stand here; ``absent`` is what to do for none, if it may.

        ``slow`` is what to do when lower tags stand before it, or anything unusual.
        """
        choice = self._choose(of, tag, store, absent)
        if absent:
            none = f"h < 240 and h & 15 == {wire.END}"
            none += f" or 239 < h < 256 and l[i + 1] > {max(tag, 14)}"
            if tag < 15 and not choice.asked:
                none += f" or {(tag << 4) + 15} < h < 240"
            self._branch(f"elif {none}:", [absent])
        self._branch("else:", [slow])

    def _choose(self, of: Type[Any], tag: int, store: Store, absent: str) -> _Choice:
        self.line("h = l[i]")
        if tag > 14:
            self.line(f"if h > 239 and l[i + 1] == {tag}: h = h & 15 | {_chosen(tag)}")
        self._choices.append(_Choice(tag, absent))
        of.emit_read(self, store)
        return self._choices.pop()

    def _branch(self, opening: str, body: list[str]) -> None:
        with self.block(opening):
            for line in body:
                self.line(line)

    def counted(self, each: int) -> None:
        """Read a count into ``n``; ``i`` is at the head of the container."""
        k = self.k
        self.line(f"n = l[i + {k + 1}]")
        with self.block(f"if n < 128 and l[i + {k}] == 0:"):
            self.line(f"i += {k + 2}")
        with self.block("else:"):
            self.line(f"n, i = count(b, i + {k})")
        self.line(f"if n{' * 2' if each == 2 else ''} > len(b) - i: raise Fault")

    # Writing: pieces, joined once.

    def piece(self, *expressions: str) -> None:
        """Add pieces to the message."""
        self._pending.extend(expressions)

    @contextmanager
    def each(
        self,
        value: str,
        head: tuple[int, int],
        elided: bool,
        target: str,
        items: str,
        quick: str = "",
    ) -> Iterator[None]:
        """The container in ``value`` as one piece: ``head`` (tag and wire type), count, elements.

        What is emitted within are the pieces of one element, ``target`` in ``items``; ``quick``
        is an expression that may give the bytes of all ``{n}`` of them at once.
        """
        lines, pending = self.lines, self._pending
        self.lines, self._pending = [], []
        self.level += 2
        yield
        self.level -= 2
        body, pieces = self.lines, self._pending
        self.lines, self._pending = lines, pending
        into = self.name("s")
        with self.block(f"if {value}:"):
            n = self.name("n")
            self.line(f"{n} = len({value})")
            table = self.constant(f"counts({head[0]}, {head[1]}, False)")
            first = (
                f"{table}[{n}] if {n} < 128 else long_count({head[0]}, {head[1]}, {n})"
            )
            if len(pieces) == 1 and not body:
                loop = f'b"".join([{pieces[0]} for {target} in {items}])'
                self.line(f"{into} = ({first}) + ({quick.format(n=n)}{loop})")
            else:
                out = self._loop(first, f"for {target} in {items}:", body, pieces)
                # A map that another thread changed has not as many elements as it said.
                self.line(f"if len({out}) != {n} * {len(pieces)} + 1: raise Fault")
                self.line(f'{into} = b"".join({out})')
        with self.block("else:"):
            empty = b"" if elided else prelude.long_count(*head, 0)
            self.line(f"{into} = {empty!r}")
        self.piece(into)

    def _loop(
        self, first: str, opening: str, body: list[str], pieces: list[str]
    ) -> str:
        out = self.name("o")
        self.line(f"{out} = [{first}]")
        with self.block(opening):
            self.lines += body
            self.line(f"{out} += ({', '.join(pieces)},)")
        return out

    @contextmanager
    def unless_none(self, value: str) -> Iterator[None]:
        """Pieces that are written unless ``value`` is None."""
        lines, pending = self.lines, self._pending
        self.lines, self._pending = [], []
        self.level += 1
        yield
        self.level -= 1
        body, whole = self.lines, self.finish()
        self.lines, self._pending = lines, pending
        into = self.name("s")
        self.line(f'{into} = b""')
        with self.block(f"if {value} is not None:"):
            self.lines += body
            self.line(f"{into} = {whole}")
        self.piece(into)

    def finish(self) -> str:
        """The expression of the whole message."""
        pieces = ", ".join(self._pending)
        self._pending = []
        return f'b"".join(({pieces},))' if pieces else 'b""'

    def head(self, tag: int) -> tuple[str, int]:
        """How struct packs a head of this tag: its format letter, and what to add to a code."""
        return ("B", tag << 4) if tag < 15 else ("H", 0xF000 | tag)

    def packed(self, tag: int, code: int, shape: str, value: str) -> str:
        """An expression for head and payload of a fixed-size type."""
        letter, base = self.head(tag)
        head = base | code if tag < 15 else base | code << 8
        pack = self.constant(f'packer(">{letter}{shape}")')
        return f"{pack}({head}, {value})"
