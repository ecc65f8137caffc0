"""Bytes to JSON: a struct, a packet or whole frames, with a schema or without one.

A thin shell over the runtime's codec. Without a schema the wire tells tags and types; with
a ``.tars`` file, members and parameters have their names.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from tars2py.errors import CallError
from tars2py.suggest import suggest

__all__ = ["Schema", "decode"]

_HEAD = 4
"""Bytes of a frame's length, which counts itself."""


class Schema(NamedTuple):
    """The file to decode by; ``type`` is a struct, ``method`` says what a reply answers."""

    file: str
    type: str = ""
    method: str = ""
    include: tuple[str, ...] = ()
    encoding: str | None = None


def decode(data: bytes, form: str, schema: Schema | None) -> Iterator[Any]:
    """What stands in the bytes, as JSON has it; one item for each frame.

    ``form`` is ``struct``, ``packet`` or ``frame``. Raises `CallError` for bytes or names that
    do not fit, `CompileError` for a wrong file.
    """
    from tars_runtime.errors import DecodeError

    known = _Known(schema) if schema else None
    try:
        if form == "struct":
            yield (
                known.struct(data) if known and schema and schema.type else _tree(data)
            )
            return
        for packet in _frames(data) if form == "frame" else [data]:
            yield _packet(packet, known)
    except DecodeError as error:
        raise CallError(f"these bytes are no {form}: {error}") from error


def _frames(data: bytes) -> Iterator[bytes]:
    from tars_runtime.errors import DecodeError

    at = 0
    while at < len(data):
        size = int.from_bytes(data[at : at + _HEAD], "big")
        if not _HEAD < size <= len(data) - at:
            raise DecodeError(
                f"expected a frame of {len(data) - at} bytes at most, got a length of {size}",
                offset=at,
            )
        yield data[at + _HEAD : at + size]
        at += size


def _tree(data: bytes) -> list[dict[str, Any]]:
    from tars_runtime.codec import inspect

    return [_field(each) for each in inspect.read(data)]


def _field(field: Any) -> dict[str, Any]:
    shown: dict[str, Any] = {"tag": field.tag, "type": field.type}
    value = field.value
    if isinstance(value, bytes):
        shown["hex"] = value.hex()
    elif value is not None:
        shown["value"] = value
    elif field.inside or field.type in ("LIST", "MAP", "STRUCT_BEGIN"):
        shown["inside"] = [_field(each) for each in field.inside]
    return shown


def _packet(data: bytes, known: _Known | None) -> dict[str, Any]:
    from tars_runtime import codec
    from tars_runtime.codec import inspect
    from tars_runtime.interfaces.tars import RequestPacket, ResponsePacket

    fifth = next((each for each in inspect.read(data) if each.tag == 5), None)
    is_request = fifth is not None and fifth.type.startswith("STRING")
    packet: Any = codec.decode(RequestPacket if is_request else ResponsePacket, data)
    shown: dict[str, Any] = json.loads(codec.to_json(packet))
    del shown["sBuffer"]
    method = packet.sFuncName if is_request else known.answered if known else ""
    body = _body(packet.iVersion, packet.sBuffer, known, method, is_request)
    kind = "request" if is_request else "response"
    return {"packet": kind, **shown, "body": body}


def _body(
    version: int, data: bytes, known: _Known | None, method: str, is_request: bool
) -> Any:
    """What a packet carries, by its version: TARS, TUP or JSON."""
    if version == 5:
        try:
            return json.loads(data)
        except ValueError as error:
            raise CallError(
                f"expected JSON in a packet of version 5: {error}"
            ) from error
    if known and method and data:
        return known.body(method, version, data, is_request)
    return _tup(version, data) if version in (2, 3) else _tree(data)


def _tup(version: int, data: bytes) -> dict[str, Any]:
    """TUP: values by name (version 3), or by name and type (version 2)."""
    from tars_runtime import codec

    bytes_by_name = codec.map_of(codec.STRING, codec.BYTES)
    if version == 3:
        values: dict[str, bytes] = bytes_by_name.parse(data)
        return {name: _tree(value) for name, value in values.items()}
    typed = codec.map_of(codec.STRING, bytes_by_name).parse(data)
    return {
        name: {kind: _tree(value) for kind, value in kinds.items()}
        for name, kinds in typed.items()
    }


class _Known:
    """What a ``.tars`` file says about bytes."""

    def __init__(self, schema: Schema) -> None:
        from tars2py.pipeline.memory import load

        self.answered = schema.method
        self._type = schema.type
        self._file = schema.file
        loaded = load(schema.file, include=schema.include, encoding=schema.encoding)
        self._modules: dict[str, Any] = vars(loaded)

    def struct(self, data: bytes) -> Any:
        """The body of the struct that was named."""
        from tars_runtime import codec

        kind = self._find(self._type)
        return json.loads(codec.to_json(codec.decode(kind, data)))

    def body(self, name: str, version: int, data: bytes, is_request: bool) -> Any:
        """The arguments of a method, or its answer, in a packet of TARS or TUP."""
        from tars_runtime import codec
        from tars_runtime.protocol.bodies import BODIES

        method, form = self._method(name), BODIES.get(version, BODIES[1])
        if is_request:
            values = form.read_arguments(method, data)
            return {
                member.name: json.loads(codec.to_json(value, member.type))
                for member, value in zip(method.takes, values, strict=True)
            }
        value = form.read_result(method, data)
        if value is None:
            return None
        own = hasattr(type(value), "__tars__")
        return json.loads(codec.to_json(value, None if own else method.gives))

    def _find(self, name: str) -> Any:
        module, sign, bare = name.rpartition("::")
        homes = [self._modules.get(module)] if sign else self._modules.values()
        for home in filter(None, homes):
            kind = getattr(home, bare, None)
            if hasattr(kind, "__tars__"):
                return kind
        known = _structs(self._modules.values())
        raise CallError(
            f"expected a struct of '{self._file}', got '{name}'{suggest(bare, known)}"
        )

    def _method(self, name: str) -> Any:
        bare = name.split("::")[-1].split(".")[-1]
        methods = {
            method.name: method
            for module in self._modules.values()
            for each in module.__all__
            if each.endswith("Servant")
            for method in getattr(module, each).__tars__
        }
        if bare not in methods:
            raise CallError(
                f"expected a method of '{self._file}', got '{name}'"
                f"{suggest(bare, methods)}"
            )
        return methods[bare]


def _structs(modules: Iterable[Any]) -> list[str]:
    return [
        each
        for module in modules
        for each in module.__all__
        if hasattr(getattr(module, each), "__tars__")
    ]
