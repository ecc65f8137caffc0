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
