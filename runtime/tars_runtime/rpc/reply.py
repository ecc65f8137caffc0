"""What a method with ``out`` parameters gives back: a dataclass that unpacks like a tuple."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

__all__ = ["Reply"]


class Reply:
    """Base of the generated reply classes: ``ret`` first, then the outs in IDL order.

    ``ret, text = await greeter.greet(...)`` works; a type checker sees each element as ``Any``,
    while ``reply.text`` is typed.
    """

    __slots__ = ()

    def __iter__(self) -> Iterator[Any]:
        if not is_dataclass(self):
            raise TypeError(
                f"{type(self).__name__} is no dataclass: a reply class must be one"
            )
        return iter([getattr(self, each.name) for each in fields(self)])
