from collections.abc import Callable
from typing import Any

class Program:
    def __init__(
        self,
        rows: tuple[tuple[object, ...], ...],
        form: tuple[int, int, int],
        no_constant: object,
        decode: Callable[[bytes], Any],
        encode: Callable[[Any], bytes],
        depth: int,
        string: int,
        elements: int,
        message: int,
        /,
    ) -> None: ...
    def parse(self, data: bytes, /) -> Any: ...
    def build(self, value: Any, /) -> bytes: ...
    def try_parse(
        self,
        data: bytes,
        charset: str | None,
        errors: str | None,
        strict: bool,
        depth: int,
        string: int,
        elements: int,
        /,
    ) -> tuple[Any] | None: ...
    def try_build(
        self, value: Any, charset: str | None, errors: str | None, elide: bool, /
    ) -> bytes | None: ...

class Envelope:
    """For packets of any two classes; `tars_runtime.protocol.plain.Engine` says more."""

    def __init__(self, request: object, response: object, /) -> None: ...
    def read_requests(
        self, data: bytes, at: int, limit: int, requests: list[Any], /
    ) -> int: ...
    def read_response(self, packet: bytes, /) -> Any: ...
    def write_request(
        self, request_id: int, names: bytes, body: bytes, timeout_ms: int, /
    ) -> bytes: ...
    def write_success(self, request_id: int, body: bytes, /) -> bytes: ...
