"""What a server may ask for, after its names, states, endpoints and widths were checked.

One value that the tables cannot hold would be refused by a strict database and cut by a lax one;
so it is refused here, with the field's name and what fits.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from tars_runtime.errors import UsageError
from tars_runtime.interfaces.tars import AdapterConf, onStartupReq

from tars_registry.lookup import endpoint as endpoints
from tars_registry.model import ACTIVE, STATES, Key

__all__ = [
    "WIDTHS",
    "AdapterSpec",
    "Registration",
    "checked_key",
    "checked_port",
    "checked_state",
]

WIDTHS: Final = {
    "nodeName": 50,
    "application": 50,
    "server": 128,
    "setID name": 16,
    "setID area": 16,
    "setID group": 64,
    "Version": 128,
    "servant": 93,
    "endpoint": 128,
    "protocol": 64,
}
"""Characters that fit, the narrowest column of each name (``adapter_name`` is servant + 7)."""

ADAPTERS: Final = 256
"""Adapters that one server may have."""

MAX_INT: Final = 2**31 - 1

_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_BEYOND: Final = re.compile("[\U00010000-\U0010ffff]")
"""Characters that MySQL's three-byte utf8 cannot hold."""


class AdapterSpec(NamedTuple):
    """One adapter of a registration."""

    servant: str
    endpoint: str
    protocol: str
    thread_num: int
    max_connections: int
    queuecap: int
    queuetimeout: int

    @property
    def name(self) -> str:
        """``adapter_name`` in the tables."""
        return self.servant + "Adapter"


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """A checked ``onStartup``."""

    application: str
    server: str
    node: str
    set_id: tuple[str, str, str] | None
    adapters: tuple[AdapterSpec, ...]
    no_flow: bool
    state: str
    version: str
    key: Key = field(init=False, compare=False)
    """What the registration is for."""

    def __post_init__(self) -> None:
        key = Key.of(self.application, self.server, self.node)
        object.__setattr__(self, "key", key)

    @classmethod
    def of(cls, request: onStartupReq) -> Registration:
        """Check a request; raises `UsageError` with the field and what was expected."""
        _name("application", request.application)
        _name("server", request.server)
        _name("nodeName", request.nodeName)
        _text("Version", request.Version)
        if len(request.adapters) > ADAPTERS:
            raise UsageError(
                f"expected at most {ADAPTERS} adapters, got {len(request.adapters)}"
            )
        return cls(
            application=request.application,
            server=request.server,
            node=request.nodeName,
            set_id=_set_parts(request.setID),
            adapters=_adapters(request.adapters),
            no_flow=request.disableFlow,
            state=checked_state(request.State),
            version=request.Version,
        )


def checked_state(state: str) -> str:
    """A state word, ``active`` when empty; raises `UsageError` for any other word."""
    if state == "":
        return ACTIVE
    if state not in STATES:
        raise UsageError(
            f"expected one of {', '.join(sorted(STATES))}, got {_show(state)} - at state"
        )
    return state


def checked_key(application: str, server: str, node: str) -> Key:
    """The key of three names; raises `UsageError` when one could never be in the tables."""
    _name("application", application)
    _name("server", server)
    _name("nodeName", node)
    return Key.of(application, server, node)


def checked_port(port: int) -> int:
    """A port of metrics, 0 when there is none; raises `UsageError`."""
    if not 0 <= port <= 65535:
        raise UsageError(f"expected a port, 0 to 65535, got {port} - at metricsPort")
    return port


def _adapters(confs: list[AdapterConf]) -> tuple[AdapterSpec, ...]:
    """The adapters, each name once: of two with one name the last counts, as in the tables."""
    found: dict[str, AdapterSpec] = {}
    for at, conf in enumerate(confs):
        spec = _adapter(conf, at)
        found[spec.name.lower()] = spec
    return tuple(found.values())


def _adapter(conf: AdapterConf, at: int) -> AdapterSpec:
    _name("servant", conf.servant, at)
    _text("endpoint", conf.endpoint, at)
    _text("protocol", conf.protocol, at)
    if endpoints.parse(conf.endpoint) is None:
        raise UsageError(
            "expected an endpoint like 'tcp -h 10.0.0.1 -p 10000 -t 60000', "
            f"got {_show(conf.endpoint)} - at {_place('endpoint', at)}"
        )
    numbers = conf.threadNum, conf.maxConns, conf.queueCap, conf.queueTimeout
    if min(numbers) < 0 or max(numbers) > MAX_INT:
        names = "threadNum", "maxConns", "queueCap", "queueTimeout"
        wrong = zip(names, numbers, strict=True)
        name = next(name for name, each in wrong if not 0 <= each <= MAX_INT)
        raise UsageError(f"expected 0 or more - at {_place(name, at)}")
    return AdapterSpec(
        servant=conf.servant,
        endpoint=conf.endpoint,
        protocol=conf.protocol,
        thread_num=conf.threadNum,
        max_connections=conf.maxConns,
        queuecap=conf.queueCap,
        queuetimeout=conf.queueTimeout,
    )


def _set_parts(set_id: str) -> tuple[str, str, str] | None:
    """Three parts make a set, empty ones included; any other number means no set."""
    parts = set_id.split(".")
    if len(parts) != 3:
        return None
    for name, part in zip(("name", "area", "group"), parts, strict=True):
        _text(f"setID {name}", part)
    return parts[0], parts[1], parts[2]


def _name(what: str, value: str, at: int | None = None) -> None:
    """A name: not empty, no blanks at its ends, and it fits."""
    if not value or value != value.strip():
        raise UsageError(
            f"expected a name without blanks around it, got {_show(value)} - at {_place(what, at)}"
        )
    _text(what, value, at)


def _text(what: str, value: str, at: int | None = None) -> None:
    """A text that its column can hold, without control characters."""
    if len(value) > WIDTHS[what]:
        raise UsageError(
            f"expected at most {WIDTHS[what]} characters, got {len(value)} - at {_place(what, at)}"
        )
    if value.isascii() and value.isprintable():
        return
    if _CONTROL.search(value):
        raise UsageError(
            f"expected no control characters, got {_show(value)} - at {_place(what, at)}"
        )
    if _BEYOND.search(value):
        raise UsageError(
            f"expected characters of the Basic Multilingual Plane - at {_place(what, at)}"
        )


def _place(what: str, at: int | None) -> str:
    """Where a value stands in the request: in the server's part, or in an adapter's."""
    return what if at is None else f"adapters[{at}].{what}"


def _show(value: str) -> str:
    return repr(value if len(value) <= 60 else value[:57] + "...")
