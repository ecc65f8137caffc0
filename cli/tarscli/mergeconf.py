"""How an overlay changes the generated config: ``TARS_MERGE_CONF``.

* a key of both: the overlay's value stands in the base's line, also an empty one;
* a new key: behind the last key of its section, in the overlay's order;
* a new section: at the end of its parent;
* ``!name``: removes the key or section ``name``;
* a key here and a section there: the base's stays, with a warning.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tars_runtime.errors import ConfigError

from tarscli.confdoc import Key, Remark, Section, parse_document

__all__ = ["load_overlay", "merge"]

Filled = Callable[[str, str], str]
"""Replaces the placeholders of a value; the second text says where it stands."""


def load_overlay(path: Path, encoding: str) -> Section:
    """Read and parse the overlay; raises `ConfigError` with file, line and column."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise ConfigError(
            f"{path}: the overlay (TARS_MERGE_CONF) cannot be read: {error.strerror}"
        ) from error
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError as error:
        before = raw[: error.start]
        line, column = before.count(b"\n") + 1, error.start - before.rfind(b"\n")
        raise ConfigError(
            f"{path}:{line}:{column}: expected {encoding}, got the byte "
            f"0x{raw[error.start]:02x}; save the file as UTF-8 or set TARS_MERGE_ENCODING"
        ) from error
    except LookupError as error:
        raise ConfigError(
            f"TARS_MERGE_ENCODING={encoding}: no such encoding; write utf-8 or gbk"
        ) from error
    return parse_document(text.removeprefix("\ufeff"), str(path))


def merge(
    base: Section, overlay: Section, source: str, fill: Filled = lambda text, _: text
) -> list[str]:
    """Lay ``overlay`` over ``base``, in place; returns the warnings.

    ``source`` is the overlay's name, for messages.
    """
    warnings: list[str] = []
    for item in overlay.items:
        match item:
            case Remark():
                continue
            case Key(name=name) if name.startswith("!"):
                if not base.drop(name[1:].strip()):
                    warnings.append(f"{source}:{item.line}: {name} removes nothing")
            case Key():
                warnings += _merge_key(base, item, source, fill)
            case Section():
                warnings += _merge_section(base, item, source, fill)
    return warnings


def _merge_key(base: Section, item: Key, source: str, fill: Filled) -> list[str]:
    if base.section(item.name) is not None:
        where = f"{source}:{item.line}: {item.name}"
        return [f"{where} is a section of the generated config; the key is left out"]
    raw = fill(item.raw, f"{source}:{item.line}: {item.name}")
    present = base.key(item.name)
    if present is None:
        base.add_key(item, raw)
    else:
        present.change(raw)
    return []


def _merge_section(
    base: Section, item: Section, source: str, fill: Filled
) -> list[str]:
    if base.key(item.name) is not None:
        where = f"{source}:{item.line}: {item.name}"
        return [f"{where} is a key of the generated config; the section is left out"]
    present = base.section(item.name)
    if present is None:
        indent = next(base.sections(), base).indent if base.name else ""
        present = Section(item.name, item.line, indent or base.inner_indent())
        base.items.append(present)
    return merge(present, item, source, fill)
