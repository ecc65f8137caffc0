"""What the framework's interfaces ask of node agents, packages and images: there are none here.

Each such method is answered with a code that is no success, and with the reason where the reply
has room for one: a console shows that, and not that the function does not exist.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final, TypeVar, cast

from tars_runtime import rpc

__all__ = ["Elsewhere", "completed"]

S = TypeVar("S", bound=rpc.Servant)

TEXTS: Final = ("result", "resultDesc", "log")
"""What the interfaces call the text beside a result."""


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Methods that share a reason, and the code that says so."""

    code: int
    reason: str
    methods: tuple[str, ...]


def completed(servant: type[S], groups: Iterable[Elsewhere]) -> type[S]:
    """``servant``, with an answer for each method that it leaves open."""
    methods = {each.name: each for each in servant.__tars__}
    answers: dict[str, Any] = {
        name: _answer(methods[name], group)
        for group in groups
        for name in group.methods
    }
    answers["__doc__"] = servant.__doc__
    return cast("type[S]", type(servant.__name__, (servant,), answers))


def _answer(method: rpc.Method[Any], group: Elsewhere) -> Callable[..., Awaitable[Any]]:
    async def answer(*_: object) -> Any:
        """Say why not."""
        if not isinstance(method.gives, type):
            return group.code
        reply = method.gives(ret=group.code)
        for name in TEXTS:
            if isinstance(getattr(reply, name, None), str):
                setattr(reply, name, group.reason)
        return reply

    return answer
