"""What a setting is: a field of a frozen dataclass that knows its key, kind, least value and text.

The dataclasses of this package are the only place where a setting is described: reading the
file, keyword arguments and the reference page (docs/runtime-configuration.md) follow from them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import Field, dataclass, field, fields
from typing import Any, TypeVar

from tars_runtime.config.tree import Config, Domain
from tars_runtime.errors import ConfigError

__all__ = ["Kind", "describe", "flag", "integer", "millis", "read", "size", "text"]

C = TypeVar("C")


@dataclass(frozen=True, slots=True)
class Kind:
    """How a value is written in the file, and what it is in Python."""

    name: str
    unit: str
    expected: str
    convert: Callable[[str], Any]


_SIZE = re.compile(r"^(\d+)\s*([KMG]?)B?$", re.IGNORECASE)
_FACTORS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}
_TRUTH = {"y": True, "yes": True, "true": True, "on": True, "1": True}
_TRUTH |= {"n": False, "no": False, "false": False, "off": False, "0": False, "": False}


def _size(value: str) -> int:
    found = _SIZE.match(value)
    if not found:
        raise ValueError(value)
    return int(found[1]) * _FACTORS[found[2].upper()]


def _flag(value: str) -> bool:
    try:
        return _TRUTH[value.lower()]
    except KeyError:
        raise ValueError(value) from None


TEXT = Kind("text", "", "text", str)
INTEGER = Kind("number", "", "a whole number", int)
MILLIS = Kind("time", "ms", "milliseconds", lambda value: int(value) / 1000)
SIZE = Kind("size", "bytes", "bytes, or a number with K, M or G", _size)
FLAG = Kind("flag", "", "one of y, n, 1, 0, true, false", _flag)


def text(keys: str, default: str, about: str) -> Any:
    """A setting that is text. ``keys``: its names in the file, the first found wins."""
    return _setting(TEXT, keys, default, about, None)


def integer(keys: str, default: int, about: str, least: int | None = None) -> Any:
    """A setting that is a whole number; smaller values are raised to ``least``."""
    return _setting(INTEGER, keys, default, about, least)


def millis(keys: str, default: float, about: str, least: float | None = None) -> Any:
    """A setting in milliseconds in the file and in seconds in Python."""
    return _setting(MILLIS, keys, default, about, least)


def size(keys: str, default: int, about: str) -> Any:
    """A setting in bytes."""
    return _setting(SIZE, keys, default, about, None)


def flag(keys: str, default: bool, about: str) -> Any:
    """A setting that is on or off."""
    return _setting(FLAG, keys, default, about, None)


def _setting(
    kind: Kind, keys: str, default: object, about: str, least: float | None
) -> Any:
    metadata = {"kind": kind, "keys": keys.split(), "about": about, "least": least}
    return field(default=default, metadata=metadata)


def read(cls: type[C], config: Config, path: str, **known: object) -> C:
    """An instance of ``cls`` from the domain at ``path``; unknown keys are left alone.

    An empty value counts as absent. Raises `ConfigError` that names file, line and key.
    """
    domain = config.domain(path)
    values = dict(known)
    for each in fields(cls):  # type: ignore[arg-type]  # C is always one of our dataclasses
        key = _present(each, domain)
        if key is not None and each.name not in values:
            values[each.name] = _convert(
                each, domain.values[key], config.where(f"{path}<{key}>"), key
            )
    return cls(**values)


def _present(each: Field[Any], domain: Domain) -> str | None:
    keys = each.metadata.get("keys", ())
    return next((key for key in keys if domain.get(key) != ""), None)


def _convert(each: Field[Any], value: str, where: str, key: str) -> object:
    kind: Kind = each.metadata["kind"]
    try:
        converted = kind.convert(value)
    except ValueError:
        raise ConfigError(
            f"{where}: expected {kind.expected} for {key}, got {value!r}"
        ) from None
    least = each.metadata["least"]
    return converted if least is None else max(converted, least)


def describe(cls: type[Any]) -> Iterator[tuple[str, str, str, str, str]]:
    """Rows of the reference page: keys, keyword argument, unit, default, meaning."""
    for each in fields(cls):
        if not each.metadata:
            continue
        kind: Kind = each.metadata["kind"]
        default = each.default
        if kind is MILLIS:
            default = round(float(default) * 1000)  # type: ignore[arg-type]  # a float field
        keys = ", ".join(each.metadata["keys"])
        yield keys, each.name, kind.unit or kind.name, str(default), each.metadata[
            "about"
        ]
