"""How to encode and decode, and how much to take: two frozen settings, never global."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from tars_runtime.errors import UsageError

__all__ = ["DEFAULT", "LIMITS", "Limits", "Options"]

DEEPEST: Final = 256
"""The largest ``Limits.depth``: Python's own stack ends soon behind it."""

_MOST = (1 << 31) - 1
_POLICIES = ("strict", "surrogateescape")


@dataclass(frozen=True, slots=True)
class Options:
    """How values become bytes and bytes become values."""

    elide: Literal["cpp", "none"] = "cpp"
    """``"cpp"`` leaves out optional numbers, strings, vectors and maps that equal their default,
    as TarsCpp does (floats compare exactly); ``"none"`` writes every member, as Node and Java do.
    Every reader takes both."""

    canonical: bool = False
    """Write maps sorted by the bytes of their keys, so that equal values give equal bytes."""

    strict: bool = False
    """Also refuse what is legible but no writer writes: two-byte heads for tags below 15, tags
    out of order or repeated, duplicate map keys, bytes after the value."""

    text: str = "strict"
    """What bytes a ``string`` holds: ``"strict"`` UTF-8, ``"surrogateescape"`` (UTF-8; stray bytes
    survive as surrogates), or the name of a codec such as ``"gbk"``."""

    def __post_init__(self) -> None:
        if self.elide not in ("cpp", "none"):
            raise UsageError(f'expected elide="cpp" or "none", got {self.elide!r}')
        if self.text not in _POLICIES:
            try:
                "a".encode(self.text)  # which a codec that is not of text refuses
            except (LookupError, ValueError):
                raise UsageError(
                    'expected text="strict", "surrogateescape" or the name of a codec,'
                    f" got {self.text!r}"
                ) from None

    def charset(self) -> tuple[str, str]:
        """The codec of strings and its error policy, as ``bytes.decode`` takes them."""
        return ("utf-8", self.text) if self.text in _POLICIES else (self.text, "strict")


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that one message may ask for. Beyond it: a ``DecodeError`` or ``EncodeError``."""

    depth: int = 64
    """Open structs, vectors and maps below the message itself; guards the stack."""

    string: int = 104_857_600
    """Bytes of one string or byte vector (TarsCpp's ``TARS_MAX_STRING_LENGTH``)."""

    elements: int = 1_000_000
    """Elements, map keys and values, and skipped members of one message; guards the processor
    and the memory, for an element of two bytes may become an object of a hundred and fifty."""

    message: int = 104_857_600
    """Bytes of one message (TarsCpp's largest frame)."""

    def __post_init__(self) -> None:
        if not 1 <= self.depth <= DEEPEST:
            raise UsageError(f"expected depth from 1 to {DEEPEST}, got {self.depth}")
        for name in ("string", "elements", "message"):
            if not 0 <= getattr(self, name) <= _MOST:
                raise UsageError(
                    f"expected {name} from 0 to {_MOST}, got {getattr(self, name)}"
                )


DEFAULT: Final = Options()
LIMITS: Final = Limits()
