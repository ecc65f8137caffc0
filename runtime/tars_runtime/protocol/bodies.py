"""How arguments and results become a body: a table by version.

TARS (1) writes values at their tags, TUP (2 and 3) by name in a map, JSON (5) by name as text.
XML (4), which C++ alone has, is not spoken.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final, Protocol

from tars_runtime import codec
from tars_runtime.codec import tup
from tars_runtime.protocol.codes import Version

__all__ = ["BODIES", "Body", "Signature"]


class Signature(Protocol):
    """What is used of a method: `tars_runtime.rpc.Method` fits."""

    @property
    def takes(self) -> tuple[codec.Member, ...]: ...
    @property
    def gives(self) -> Any: ...
    @property
    def arguments(self) -> codec.Type[tuple[Any, ...]]: ...
    @property
    def result(self) -> codec.Type[Any]: ...


class Body(Protocol):
    """One way to write bodies; reading raises `DecodeError`, writing `EncodeError`."""

    def write_arguments(self, method: Signature, values: tuple[Any, ...]) -> bytes: ...
    def read_arguments(self, method: Signature, data: bytes) -> tuple[Any, ...]: ...
    def write_result(self, method: Signature, value: Any) -> bytes: ...
    def read_result(self, method: Signature, data: bytes) -> Any: ...


class TarsBody:
    """Version 1: values at their tags."""

    def write_arguments(self, method: Signature, values: tuple[Any, ...]) -> bytes:
        return method.arguments.build(values)

    def read_arguments(self, method: Signature, data: bytes) -> tuple[Any, ...]:
        return method.arguments.parse(data)

    def write_result(self, method: Signature, value: Any) -> bytes:
        return method.result.build(value)

    def read_result(self, method: Signature, data: bytes) -> Any:
        return method.result.parse(data)


class JsonBody:
    """Version 5: an object; the result is its member ``tars_ret``."""

    def write_arguments(self, method: Signature, values: tuple[Any, ...]) -> bytes:
        return codec.to_json(values, method.arguments).encode()

    def read_arguments(self, method: Signature, data: bytes) -> tuple[Any, ...]:
        return codec.from_json(method.arguments, data)

    def write_result(self, method: Signature, value: Any) -> bytes:
        return codec.to_json(value, method.result).encode()

    def read_result(self, method: Signature, data: bytes) -> Any:
        return codec.from_json(method.result, data)


class TupBody:
    """Versions 2 and 3: named values; the result is written under both of its names."""

    def __init__(self, version: int) -> None:
        self._version = version

    def write_arguments(self, method: Signature, values: tuple[Any, ...]) -> bytes:
        named = zip(method.takes, values, strict=True)
        return tup.pack(
            [(member.name, member.type, value) for member, value in named],
            version=self._version,
        )

    def read_arguments(self, method: Signature, data: bytes) -> tuple[Any, ...]:
        values = tup.unpack(data, version=self._version)
        return tuple(tup.get(values, each.name, each.type) for each in method.takes)

    def write_result(self, method: Signature, value: Any) -> bytes:
        return tup.pack(_named_results(method, value), version=self._version)

    def read_result(self, method: Signature, data: bytes) -> Any:
        if method.gives is codec.VOID:
            return None
        values = tup.unpack(data, version=self._version)
        members = _reply_members(method)
        if members is None:
            return tup.get_result(values, method.gives)
        return method.gives(
            **{
                each.attr: (
                    tup.get_result(values, each.type)
                    if each.tag == 0
                    else tup.get(values, each.name, each.type)
                )
                for each in members
            }
        )


def _reply_members(method: Signature) -> Sequence[codec.Member] | None:
    """The members of a reply class; ``None`` for a method that gives a bare value."""
    gives = method.gives
    if isinstance(gives, type) and hasattr(gives, "__iter__"):
        return codec.schema(gives).members
    return None


def _named_results(method: Signature, value: Any) -> Iterator[tuple[str, Any, Any]]:
    if method.gives is codec.VOID:
        return
    members = _reply_members(method)
    if members is None:
        yield from ((name, method.gives, value) for name in tup.RESULT)
        return
    for each in members:
        names = tup.RESULT if each.tag == 0 else (each.name,)
        yield from ((name, each.type, getattr(value, each.attr)) for name in names)


BODIES: Final[dict[int, Body]] = {
    Version.TARS: TarsBody(),
    Version.TUP2: TupBody(2),
    Version.TUP3: TupBody(3),
    Version.JSON: JsonBody(),
}
