"""A config file as it was written: sections, keys and comments in their order.

The grammar is the runtime's (`tars_runtime.config.lines`); unlike its tree, this one forgets
nothing, so that a merged file keeps the layout of its base.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from tars_runtime.config.lines import Close, Entry, Open, read_line
from tars_runtime.errors import ConfigError

__all__ = ["Key", "Remark", "Section", "parse_document", "written"]

_ESCAPE = re.compile(r"\\(?=[\\rnt=])")
_FIRST_EQUALS = re.compile(r"(?:[^\\=]|\\.)*?=")


def written(value: str) -> str:
    """``value`` as it must stand in a line, so that no backslash of it is read as an escape."""
    return _ESCAPE.sub(r"\\\\", value)


@dataclass(slots=True)
class Remark:
    """A comment or an empty line."""

    text: str


@dataclass(slots=True)
class Key:
    """``key=value``, or a bare key."""

    name: str
    value: str
    """What a reader of the file gets."""

    line: int
    text: str
    """The line as it stands in the file."""

    @property
    def raw(self) -> str:
        """The value as it stands in the line, with its escapes."""
        found = _FIRST_EQUALS.match(self.text)
        return self.text[found.end() :].strip() if found else ""

    def change(self, raw: str) -> None:
        """Give the key another value, and keep how the line is laid out."""
        found = _FIRST_EQUALS.match(self.text)
        head = self.text[: found.end() - 1] if found else self.text
        if raw or found:
            gap = " " if head.endswith((" ", "\t")) else ""
            self._read(f"{head.rstrip()}{gap}={gap if raw else ''}{raw}")

    def _read(self, text: str) -> None:
        entry = read_line(text, self.name)
        self.text = text
        self.value = entry.value if isinstance(entry, Entry) else ""


@dataclass(slots=True)
class Section:
    """``<name>`` to ``</name>``."""

    name: str
    line: int = 0
    indent: str = ""
    items: list[Remark | Key | Section] = field(
        default_factory=list["Remark | Key | Section"]
    )

    def key(self, name: str) -> Key | None:
        """The last key of this name, which is the one that counts."""
        found = [
            each for each in self.items if isinstance(each, Key) and each.name == name
        ]
        return found[-1] if found else None

    def section(self, name: str) -> Section | None:
        """The sub-section of this name."""
        return next((each for each in self.sections() if each.name == name), None)

    def sections(self) -> Iterator[Section]:
        """The sub-sections in order."""
        return (each for each in self.items if isinstance(each, Section))

    def inner_indent(self) -> str:
        """How lines within this section start."""
        for each in self.items:
            if isinstance(each, Key):
                return each.text[: len(each.text) - len(each.text.lstrip())]
        return self.indent + "    " if self.name else ""

    def add_key(self, source: Key, raw: str) -> None:
        """Append a key like ``source``, with the value ``raw``, behind the last one."""
        bare = f"{self.inner_indent()}{source.text.strip()}"
        fresh = Key(source.name, source.value, source.line, bare)
        fresh.change(raw)
        places = [i for i, each in enumerate(self.items) if isinstance(each, Key)]
        self.items.insert(places[-1] + 1 if places else 0, fresh)

    def drop(self, name: str) -> bool:
        """Remove every key or section of this name; whether there was one."""
        kept = [
            each for each in self.items if isinstance(each, Remark) or each.name != name
        ]
        dropped = len(kept) < len(self.items)
        self.items[:] = kept
        return dropped

    def lines(self) -> Iterator[str]:
        """The lines of this section, with its tags unless it is the whole file."""
        if self.name:
            yield f"{self.indent}<{self.name}>"
        for each in self.items:
            if isinstance(each, Section):
                yield from each.lines()
            else:
                yield each.text
        if self.name:
            yield f"{self.indent}</{self.name}>"

    def __str__(self) -> str:
        return "".join(f"{line}\n" for line in self.lines())


def parse_document(text: str, source: str) -> Section:
    """Read a whole file; raises `ConfigError` with file, line and column.

    A section that comes again in the same parent is continued.
    """
    stack = [Section("")]
    for number, raw in enumerate(_lines(text), start=1):
        line = raw.rstrip("\r")
        indent = line[: len(line) - len(line.lstrip(" \t"))]
        where = f"{source}:{number}:{len(indent) + 1}"
        item = read_line(line, where)
        match item:
            case Open(name) if name.endswith("/"):
                _open(stack[-1], name[:-1].strip(), number, indent)
            case Open(name):
                stack.append(_open(stack[-1], name, number, indent))
            case Close(name):
                _close(stack, name, where)
            case Entry(name, value):
                if not name:
                    raise ConfigError(f"{where}: expected a key before '='")
                stack[-1].items.append(Key(name, value, number, line))
            case None:
                stack[-1].items.append(Remark(line))
    if len(stack) > 1:
        raise ConfigError(
            f"{source}:{stack[-1].line}:1: <{stack[-1].name}> is never closed; "
            f"add </{stack[-1].name}>"
        )
    return stack[0]


def _lines(text: str) -> list[str]:
    return text.removesuffix("\n").split("\n") if text else []


def _open(parent: Section, name: str, line: int, indent: str) -> Section:
    found = parent.section(name)
    if found is None:
        found = Section(name, line, indent)
        parent.items.append(found)
    return found


def _close(stack: list[Section], name: str, where: str) -> None:
    if len(stack) == 1:
        raise ConfigError(f"{where}: </{name}> closes nothing; remove it")
    if stack[-1].name != name:
        raise ConfigError(
            f"{where}: expected </{stack[-1].name}> (opened in line {stack[-1].line}), "
            f"got </{name}>"
        )
    stack.pop()
