"""Emits reading: for each value a choice by its head, and the way out for what is unusual.

In emitted code ``b`` is the message, ``l`` the message and a struct's end (so that the end of
the message ends every struct, and over-reading ends in an IndexError or behind it), ``i`` the
position, ``h`` the head, ``d`` the depth of a function that several places call.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tars_runtime.codec import wire
from tars_runtime.codec.compiled.text import Text

if TYPE_CHECKING:
    from tars_runtime.codec.kind import Kind

__all__ = ["Reading", "Store"]

Store = Callable[[str], str]
"""Turns an expression into the statement that keeps its value."""


@dataclass(slots=True)
class _Choice:
    tag: int
    absent: str  # what to do for a higher tag
    branches: int = 0
    asked: bool = False  # whether the higher tag has had its branch


def _chosen(tag: int) -> int:
    """What ``h`` is at the head of a tag, but for the wire type."""
    return tag << 4 if tag < 15 else 256


class Reading(Text):
    """The text of a function that reads."""

    def __init__(self) -> None:
        super().__init__()
        self._choices: list[_Choice] = []

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

    def element(self, of: Kind[Any], tag: int, store: Store) -> None:
        """Read a value that must stand here, at ``tag``."""
        self._choose(of, tag, store, "")
        self._branch("else:", ["raise Fault"])

    def member(
        self, of: Kind[Any], tag: int, store: Store, absent: str, slow: str
    ) -> None:
        """Read a value that may stand here; ``absent`` is what to do for none, if it may.

        ``slow`` is what to do when lower tags stand before it, or anything unusual.
        """
        choice = self._choose(of, tag, store, absent)
        if absent:
            long = "h > 239" if tag < 15 else "239 < h < 256"
            none = f"h == {wire.END} or {long} and l[i + 1] > {max(tag, 14)}"
            if tag < 15 and not choice.asked:
                none += f" or {(tag << 4) + 15} < h < 240"
            self._branch(f"elif {none}:", [absent])
        self._branch("else:", [slow])

    def _choose(self, of: Kind[Any], tag: int, store: Store, absent: str) -> _Choice:
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
