"""Emits reading: for each value a choice by its head, and the way out for what is unusual.

In emitted code ``b`` is the message, ``l`` the message and a struct's end (so that the end of
the message ends every struct), ``i`` the position, ``h`` what stands there, ``d`` the depth of a
function that several places call. Whatever moves ``i`` loads ``h``: a member that is absent costs
no second look, and to go beyond the end is an IndexError at once.
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
    absent: str  # what to do for no such member, if it may be absent
    branches: int = 0


def _chosen(tag: int) -> int:
    """What ``h`` is at the head of a tag, but for the wire type."""
    return tag << 4 if tag < 15 else 256


def _absent(tag: int) -> str:
    """Whether ``h`` is the head of a higher tag, or the end of the struct."""
    if tag < 15:
        return (
            f"h > {(tag << 4) + 15} and (h < 240 or l[i + 1] > 14) or h == {wire.END}"
        )
    return f"h > 239 and h < 256 and l[i + 1] > {tag} or h == {wire.END}"


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
        word = "elif" if choice.branches else "if"
        choice.branches += 1
        with self.block(f"{word} h == {_chosen(choice.tag) | code}:"):
            yield
        if choice.absent and choice.branches == 1:
            # That a member is absent is asked for after its likeliest head.
            with self.block(f"elif {_absent(choice.tag)}:"):
                self.line(choice.absent)

    def advance(self, to: str = "i") -> None:
        """Leave the value: ``i`` is ``to``, and ``h`` what stands there."""
        self.line("h = l[i]" if to == "i" else f"h = l[i := {to}]")

    def element(self, of: Kind[Any], tag: int, store: Store) -> None:
        """Read a value that must stand here, at ``tag``."""
        self.member(of, tag, store, "", "raise Fault")

    def member(
        self, of: Kind[Any], tag: int, store: Store, absent: str, slow: str
    ) -> None:
        """Read a value that may stand here; ``absent`` is what to do for none, if it may.

        ``slow`` is what to do when lower tags stand before it, or anything unusual.
        """
        if tag > 14:
            self.line(f"if h > 239 and l[i + 1] == {tag}: h = h & 15 | {_chosen(tag)}")
        self._choices.append(_Choice(tag, absent))
        of.emit_read(self, store)
        self._choices.pop()
        with self.block("else:"):
            self.line(slow)

    def counted(self, each: int) -> None:
        """Read a count into ``n``; ``i`` is at the head of the container."""
        k = self.k
        self.line(f"n = l[i + {k + 1}]")
        with self.block(f"if n < 128 and l[i + {k}] == 0:"):
            self.advance(f"i + {k + 2}")
        with self.block("else:"):
            self.line(f"n, i = count(b, i + {k})")
            self.advance()
        self.line(f"if n{' * 2' if each == 2 else ''} > len(b) - i: raise Fault")
