"""A method of an interface: its name, what it takes, what it gives."""

from __future__ import annotations

from functools import cached_property
from typing import Generic, TypeVar

from tars_runtime import codec

__all__ = ["Method"]

R = TypeVar("R")


class Method(Generic[R]):
    """One row of an interface's table; generated, never written by hand.

    ``takes`` are the ``in`` parameters with their IDL positions as tags, from 1.
    ``gives`` is the result's type, the reply class of a method with ``out``
    parameters (its member at tag 0 is the result), or ``codec.VOID``.
    ``attr`` is the Python name, when the IDL name cannot be one.
    """

    def __init__(
        self,
        name: str,
        *,
        takes: tuple[codec.Member, ...],
        gives: codec.Type[R] | type[R],
        attr: str | None = None,
    ) -> None:
        self.name = name
        self.attr = attr or name
        self.takes = takes
        self.gives = gives

    @cached_property
    def arguments(self) -> codec.Type[tuple[object, ...]]:
        """The request body: the arguments as a tuple, in the order of the parameters."""
        return codec.arguments(*self.takes)

    @cached_property
    def result(self) -> codec.Type[R]:
        """The reply body: the bare result, or the whole reply class."""
        return codec.result(self.gives)

    def __repr__(self) -> str:
        return f"<rpc.Method {self.name}>"
