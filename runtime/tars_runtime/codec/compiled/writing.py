"""Emits writing: pieces of bytes, most of them looked up in tables, joined once.

A container is a piece of its own, so that an empty one costs no loop. In emitted code ``v`` is
the value; every other local has a name of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tars_runtime.codec.compiled import pieces as ready
from tars_runtime.codec.compiled.text import Text

__all__ = ["Writing"]


class Writing(Text):
    """The text of a function that writes; ``elide`` leaves out what equals its default."""

    def __init__(self, elide: bool) -> None:
        super().__init__()
        self.elide = elide
        self._pending: list[str] = []

    @contextmanager
    def function(self, parameters: str) -> Iterator[str]:
        """A function of its own, with pieces of its own."""
        pending, self._pending = self._pending, []
        with super().function(parameters) as name:
            yield name
        self._pending = pending

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
            empty = b"" if elided else ready.long_count(*head, 0)
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
