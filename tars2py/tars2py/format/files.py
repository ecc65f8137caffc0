"""Formats files in place, or says which ones would change."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from tars2py.errors import CallError, Diagnostics
from tars2py.format.printer import Piece, formatted
from tars2py.includes.reading import read_source
from tars2py.syntax import parse, tokens

__all__ = ["Formatted", "format_files", "format_text"]


class Formatted(NamedTuple):
    """One file: is it another one than before?"""

    path: Path
    changed: bool


def format_text(text: str) -> str:
    """A text that parses, in the one style.

    Checked on the way: the same tokens and as many comments come out as went in.
    """
    result = formatted(text, _pieces(text))
    before, after = _essence(text), _essence(result)
    if before != after:
        raise AssertionError("the formatter changed more than white space")
    return result


def format_files(
    paths: Iterable[Path], *, check: bool = False, encoding: str | None = None
) -> list[Formatted]:
    """Format files, all of them or, where one does not parse, none. They become UTF-8.

    Raises `CompileError` with what does not parse, `CallError` for what cannot be written.
    """
    found = Diagnostics()
    sources = [read_source(path, path, encoding, found) for path in paths]
    for source in filter(None, sources):
        parse(source, found)
    found.check()
    done = []
    for source in filter(None, sources):
        data = format_text(source.text).encode()
        changed = data != source.path.read_bytes()
        if changed and not check:
            _write(source.path, data)
        done.append(Formatted(source.path, changed))
    return done


def _pieces(text: str) -> list[Piece]:
    """Tokens and comments in the order of the text."""
    found, comments = tokens(text)
    pieces = [Piece(str(token), token.start_pos or 0) for token in found]
    pieces += [Piece(str(each), each.start_pos or 0, True) for each, _ in comments]
    return sorted(pieces, key=lambda piece: piece.start)


def _essence(text: str) -> tuple[list[str], list[str]]:
    """What must not change: tokens but for commas, and the words of the comments."""
    pieces = _pieces(text)
    words = [each.text for each in pieces if not each.is_comment and each.text != ","]
    comments = [
        "".join(each.text.split()).strip("/*") for each in pieces if each.is_comment
    ]
    return words, comments


def _write(path: Path, data: bytes) -> None:
    try:
        path.write_bytes(data)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise CallError(
            f"expected a file that can be written, got '{path}': {reason}"
        ) from error
