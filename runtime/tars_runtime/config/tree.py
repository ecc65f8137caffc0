"""The configuration file as a tree: domains within domains, keys with text values.

The grammar is that of the C++ runtime (`TC_Config`): it looks like XML and is not. A line is a
comment (``#``), an opening ``<name>``, a closing ``</name>``, or ``key = value``. Keys and
domains that come again win over, or merge into, the earlier ones.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import overload

from tars_runtime.atomic import write_text
from tars_runtime.config.lines import (
    Close,
    Entry,
    Open,
    has_odd_escape,
    read_line,
    write_value,
)
from tars_runtime.errors import ConfigError

__all__ = ["Config", "Domain"]

log = logging.getLogger("tars.config")


@dataclass(slots=True)
class Domain:
    """One ``<name> ... </name>``: its keys with their lines, and its sub-domains, in order."""

    name: str
    line: int = 0
    values: dict[str, str] = field(default_factory=dict[str, str])
    lines: dict[str, int] = field(default_factory=dict[str, int])
    domains: dict[str, Domain] = field(default_factory=dict[str, "Domain"])

    def get(self, key: str, default: str = "") -> str:
        """The value of ``key``, or ``default``."""
        return self.values.get(key, default)

    def put(self, key: str, value: str, line: int = 0) -> None:
        """Set ``key``; a later line wins."""
        self.values[key] = value
        self.lines[key] = line

    def open(self, name: str, line: int = 0) -> Domain:
        """The sub-domain ``name``, made when it is not there."""
        found = self.domains.get(name)
        if found is None:
            found = self.domains[name] = Domain(name, line)
        return found

    def write(self, indent: int = 0) -> Iterator[str]:
        """The lines of this domain's inside."""
        pad = "  " * indent
        for key, value in self.values.items():
            yield f"{pad}{write_value(key)}={write_value(value)}"
        for each in self.domains.values():
            yield f"{pad}<{each.name}>"
            yield from each.write(indent + 1)
            yield f"{pad}</{each.name}>"


class Config:
    """A whole file. ``config["/tars/application/server/logpath"]`` is a value."""

    def __init__(self, root: Domain | None = None, source: str = "<config>") -> None:
        self.root = root if root is not None else Domain("")
        self.source = source
        """The file's name, for messages."""

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Config:
        """Read a file; raises `ConfigError` that names the file, the line, and what is wrong."""
        try:
            data = Path(path).read_bytes()
        except OSError as error:
            raise ConfigError(
                f"{os.fspath(path)}: expected a readable configuration file, "
                f"got {error.strerror or error}: check the path given with --config"
            ) from error
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            raise ConfigError(
                f"{os.fspath(path)}:{line}: expected UTF-8 text, "
                f"got the byte 0x{data[error.start]:02x}: save the file as UTF-8"
            ) from error
        return cls.parse(text, source=os.fspath(path))

    @classmethod
    def parse(cls, text: str, source: str = "<config>") -> Config:
        """Read text; raises `ConfigError` as `load` does."""
        root = Domain("")
        stack = [root]
        for number, line in enumerate(text.split("\n"), start=1):
            item = read_line(line, f"{source}:{number}")
            match item:
                case Open(name):
                    stack.append(stack[-1].open(name, number))
                case Close(name):
                    _close(stack, name, f"{source}:{number}")
                case Entry(key, value):
                    if has_odd_escape(line):
                        log.warning(
                            "%s:%d: a backslash that escapes nothing", source, number
                        )
                    stack[-1].put(key, value, number)
                case None:
                    pass
        if len(stack) > 1:
            raise ConfigError(
                f"{source}:{stack[-1].line}: expected </{stack[-1].name}> before the end "
                f"of the file, got none: close the domain <{stack[-1].name}>"
            )
        return cls(root, source)

    @overload
    def get(self, path: str) -> str | None: ...
    @overload
    def get(self, path: str, default: str) -> str: ...
    def get(self, path: str, default: str | None = None) -> str | None:
        """The value at ``path``, or ``default``.

        The last word of a path is the key: ``/tars/application/server/logpath``. C++'s form
        ``/tars/application/server<logpath>`` is the same, for keys that hold a slash.
        """
        names, key = _split(path)
        found = self._find(names)
        return default if found is None else found.values.get(key, default)

    def __getitem__(self, path: str) -> str:
        value = self.get(path)
        if value is None:
            raise ConfigError(
                f"{self.source}: expected the key {path}, got none: add it to the file"
            )
        return value

    def __setitem__(self, path: str, value: str) -> None:
        names, key = _split(path)
        at = self.root
        for name in names:
            at = at.open(name)
        at.put(key, value)

    def __contains__(self, path: str) -> bool:
        return self.get(path) is not None

    def domain(self, path: str) -> Domain:
        """The domain at ``path``; an empty one when the file has none."""
        return self._find(_names(path)) or Domain(path.rsplit("/", 1)[-1])

    def has_domain(self, path: str) -> bool:
        """Whether the file has the domain at ``path``."""
        return self._find(_names(path)) is not None

    def where(self, path: str) -> str:
        """``file:line`` of the key at ``path``, or the file's name, for messages."""
        names, key = _split(path)
        found = self._find(names)
        line = found.lines.get(key, 0) if found else 0
        return f"{self.source}:{line}" if line else self.source

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the file at once or not at all; raises `OSError`, and `ConfigError` for ``<``."""
        write_text(Path(path), str(self))

    def __str__(self) -> str:
        return "".join(f"{line}\n" for line in self.root.write())

    def _find(self, names: list[str]) -> Domain | None:
        at: Domain | None = self.root
        for name in names:
            at = at.domains.get(name) if at is not None else None
        return at


def _close(stack: list[Domain], name: str, where: str) -> None:
    if len(stack) == 1:
        raise ConfigError(
            f"{where}: expected no closing tag here, got </{name}>: no domain is open"
        )
    if stack[-1].name != name:
        raise ConfigError(
            f"{where}: expected </{stack[-1].name}>, got </{name}>: "
            f"the domain opened in line {stack[-1].line} is still open"
        )
    stack.pop()


def _names(path: str) -> list[str]:
    return [name for name in path.split("/") if name]


def _split(path: str) -> tuple[list[str], str]:
    if path.endswith(">") and "<" in path:
        domain, key = path[:-1].split("<", 1)
        return _names(domain), key
    names = _names(path)
    if not names:
        raise ConfigError(
            f"expected a path such as /tars/application/server/app, got {path!r}"
        )
    return names[:-1], names[-1]
