"""What an endpoint and an object string are: one grammar for configuration, registry and code.

::

    endpoint  := ("tcp" | "udp" | "ssl") ("-" letter value)*
    direct    := App.Server.Obj "@" endpoint (":" endpoint)*
    indirect  := App.Server.Obj

A ``:`` parts endpoints only before a protocol's name, so that ``-h fe80::1`` and ``-h [::1]``
are whole. Unknown options are skipped with their values.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Literal, Self, TypeAlias

from tars_runtime.errors import UsageError

__all__ = ["HANDSHAKE", "Endpoint", "ObjectRef", "Transport"]

Transport: TypeAlias = Literal["tcp", "udp", "ssl"]

TRANSPORTS: dict[str, Transport] = {"tcp": "tcp", "udp": "udp", "ssl": "ssl"}
ISTCP: dict[Transport, int] = {"udp": 0, "tcp": 1, "ssl": 2}
"""How the registry's ``EndpointF.istcp`` numbers the transports."""

OPTIONS: dict[str, tuple[str, type[int] | type[str]]] = {
    "h": ("host", str),
    "p": ("port", int),
    "t": ("timeout_ms", int),
    "g": ("grid", int),
    "q": ("qos", int),
    "w": ("weight", int),
    "v": ("weight_type", int),
    "e": ("auth", int),
    "s": ("set_name", str),
    "b": ("bind", str),
}
_PARTS = re.compile(r":\s*(?=(?:tcp|udp|ssl)(?:\s|$|:))")
_NAME = re.compile(r"^[A-Za-z0-9_.\-]+$")
_OPTION = re.compile(r"^-[A-Za-z]$")


HANDSHAKE = (
    "the handshake of -e 1 (3DES, replayable for an hour) is not spoken: "
    "use an ssl endpoint with certificates"
)
"""What an endpoint that asks for C++'s authentication is answered."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where something listens, or is to be reached."""

    host: str = ""
    port: int = 0
    transport: Transport = "tcp"
    timeout_ms: int = field(default=3000, compare=False)
    grid: int = field(default=0, compare=False)
    qos: int = field(default=0, compare=False)
    """The type of service that packets carry (``IP_TOS``), 0 to 255."""
    weight: int = field(default=-1, compare=False)
    weight_type: int = field(default=0, compare=False)
    auth: int = field(default=0, compare=False)
    """1 asks for the handshake that C++ alone has, see `HANDSHAKE`."""
    set_name: str = ""
    bind: str = field(default="", compare=False)
    """Two endpoints are the same when transport, host, port and set are; the rest may change."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read one endpoint; raises `UsageError` that says what was expected and what came."""
        words = text.split()
        if not words or words[0] not in TRANSPORTS:
            raise _wrong(text, "tcp, udp or ssl first", words[0] if words else "none")
        found: dict[str, str | int] = {}
        rest = iter(words[1:])
        for word in rest:
            if not _OPTION.match(word):
                raise _wrong(text, "an option such as -h", word)
            value = next(rest, None)
            if value is None:
                raise _wrong(text, f"a value after {word}", "none")
            _take(found, word[1], value, text)
        made = cls(transport=TRANSPORTS[words[0]], **found)  # type: ignore[arg-type]  # by OPTIONS
        if not 0 <= made.port <= 65535:
            raise _wrong(text, "a port from 0 to 65535", str(made.port))
        if not 0 <= made.qos <= 255:
            raise _wrong(
                text, "a type of service from 0 to 255 after -q", str(made.qos)
            )
        if made.auth not in (0, 1):
            raise _wrong(text, "0 or 1 after -e", str(made.auth))
        return made._weighted()

    @classmethod
    def parse_list(cls, text: str) -> tuple[Self, ...]:
        """Read endpoints joined by ``:``."""
        return tuple(cls.parse(part) for part in _PARTS.split(text.strip()))

    def _weighted(self) -> Self:
        if self.weight_type == 0:
            return self
        weight = 100 if self.weight < 0 else min(self.weight, 100)
        return replace(self, weight=weight)

    def __str__(self) -> str:
        parts = [f"{self.transport} -h {self.host} -p {self.port} -t {self.timeout_ms}"]
        for letter, (name, kind) in _OPTIONAL:
            value = getattr(self, name)
            if value != _DEFAULTS[name]:
                parts.append(f"-{letter} {kind(value)}")
        return " ".join(parts)

    @property
    def address(self) -> str:
        """``host:port``, an IPv6 host in brackets."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    @property
    def timeout(self) -> float:
        """``-t`` in seconds: a server's idle limit."""
        return self.timeout_ms / 1000

    @property
    def istcp(self) -> int:
        """The transport as the registry numbers it."""
        return ISTCP[self.transport]


_OPTIONAL = [item for item in OPTIONS.items() if item[0] not in "hpt"]
_DEFAULTS = {name: getattr(Endpoint(), name) for name, _ in OPTIONS.values()}


def _take(found: dict[str, str | int], letter: str, value: str, text: str) -> None:
    if letter not in OPTIONS:
        return
    name, kind = OPTIONS[letter]
    if kind is int:
        try:
            found[name] = int(value)
        except ValueError:
            raise _wrong(text, f"a whole number after -{letter}", value) from None
    elif name == "host":
        found[name] = "0.0.0.0" if value == "*" else value.strip("[]")
    else:
        found[name] = value


def _wrong(text: str, expected: str, got: str) -> UsageError:
    return UsageError(
        f"expected {expected}, got {got} - in the endpoint {text!r}: "
        "write it as tcp -h HOST -p PORT"
    )


@dataclass(frozen=True, slots=True)
class ObjectRef:
    """An object's name, with its endpoints when they are given directly."""

    name: str
    endpoints: tuple[Endpoint, ...] = ()
    lane: str = ""
    """What stood behind ``#``: other connections for the same object."""

    @classmethod
    def parse(cls, text: str) -> ObjectRef:
        """Read ``App.Server.Obj[#lane][@endpoints]``; raises `UsageError`."""
        name, at, rest = text.strip().partition("@")
        name = name.strip().rsplit("://", 1)[-1]
        name, _, lane = name.partition("#")
        if not _NAME.match(name):
            raise UsageError(
                f"expected an object such as App.Server.Obj, got {name!r} - in {text!r}"
            )
        endpoints = Endpoint.parse_list(rest) if at else ()
        return cls(name, endpoints, lane)

    def __str__(self) -> str:
        name = f"{self.name}#{self.lane}" if self.lane else self.name
        if not self.endpoints:
            return name
        return f"{name}@{':'.join(str(each) for each in self.endpoints)}"
