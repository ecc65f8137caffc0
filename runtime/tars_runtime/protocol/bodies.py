"""How arguments and results become a body: a table by version.

TARS (1) writes values at their tags. TUP (2 and 3) and JSON (5) write them by name; see `tup`
and `json_body`.
"""

from __future__ import annotations

from typing import Any, Final, Protocol

from tars_runtime import codec
from tars_runtime.protocol.codes import Version

__all__ = ["BODIES", "Body", "Signature"]


class Signature(Protocol):
    """What is used of a method: `tars_runtime.rpc.Method` fits."""

    @property
    def takes(self) -> tuple[codec.Member, ...]: ...
    @property
    def gives(self) -> Any: ...
    @property
    def arguments(self) -> codec.Type[tuple[object, ...]]: ...
    @property
    def result(self) -> codec.Type[Any]: ...


class Body(Protocol):
    """One way to write bodies; reading raises `DecodeError`, writing `EncodeError`."""

    def write_arguments(
        self, method: Signature, values: tuple[object, ...]
    ) -> bytes: ...
    def read_arguments(self, method: Signature, data: bytes) -> tuple[Any, ...]: ...
    def write_result(self, method: Signature, value: object) -> bytes: ...
    def read_result(self, method: Signature, data: bytes) -> Any: ...


class TarsBody:
    """Version 1."""

    def write_arguments(self, method: Signature, values: tuple[object, ...]) -> bytes:
        return method.arguments.build(values)

    def read_arguments(self, method: Signature, data: bytes) -> tuple[Any, ...]:
        return method.arguments.parse(data)

    def write_result(self, method: Signature, value: object) -> bytes:
        return method.result.build(value)

    def read_result(self, method: Signature, data: bytes) -> Any:
        return method.result.parse(data)


BODIES: Final[dict[int, Body]] = {Version.TARS: TarsBody()}
