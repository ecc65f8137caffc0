"""What is wrong with the input, and where: diagnostics, collected and shown.

::

    Exception
    ├── CompileError    the input is wrong: every diagnostic of the run (exit code 1)
    └── CallError       the command or function is called wrongly (exit code 2)

Messages have one grammar: what was expected, what came, what to do. Each has a place, and
may have notes with places of their own (the first definition, the chain of includes).
"""

from __future__ import annotations

from typing import Any, NamedTuple

from tars2py.source import Source, Span
from tars2py.width import visible, width

__all__ = ["CallError", "CompileError", "Diagnostic", "Diagnostics", "Note", "Place"]

_MOST = 100
"""Errors that one run reports; the rest would be consequences."""

_LONGEST = 160
"""Columns of a source line that are shown; generated input may be one endless line."""


class Place(NamedTuple):
    """Where: a stretch of a file."""

    source: Source
    span: Span

    def __str__(self) -> str:
        line, column = self.source.position(self.span.start)
        return f"{self.source.name}:{line}:{column}"


class Note(NamedTuple):
    """What belongs to a diagnostic: a second place, or a hint."""

    message: str
    place: Place | None = None


class Diagnostic(NamedTuple):
    """One finding: ``severity`` is ``error`` or ``warning``."""

    severity: str
    message: str
    place: Place | None
    notes: tuple[Note, ...] = ()

    def __str__(self) -> str:
        lines = [_headline(self.severity, self.message, self.place)]
        for note in self.notes:
            lines.append(_headline("note", note.message, note.place))
        return "\n".join(lines)

    def as_json(self) -> dict[str, Any]:
        """The finding as an editor wants it; lines and columns count from 1."""
        return {
            "severity": self.severity,
            "message": self.message,
            **_where(self.place),
            "notes": [
                {"message": note.message, **_where(note.place)} for note in self.notes
            ],
        }


class Diagnostics:
    """The findings of a run, in the order in which they were made."""

    def __init__(self, *, werror: bool = False) -> None:
        self._found: dict[Diagnostic, None] = {}
        self._werror = werror
        self.failed = False
        """Is there an error among the findings?"""

    def error(
        self, message: str, source: Source | None, span: Span, *notes: Note
    ) -> None:
        """Note an error; the same one at the same place is noted once."""
        place = Place(source, span) if source else None
        self._found[Diagnostic("error", message, place, notes)] = None
        self.failed = True

    def warning(
        self, message: str, source: Source | None, span: Span, *notes: Note
    ) -> None:
        """Note a warning: it stops nothing, unless warnings count as errors."""
        place = Place(source, span) if source else None
        severity = "error" if self._werror else "warning"
        self._found[Diagnostic(severity, message, place, notes)] = None
        self.failed = self.failed or self._werror

    @property
    def crowded(self) -> bool:
        """Are there more findings than are shown? Then hints are not worth their time."""
        return len(self._found) > _MOST

    def sorted(self) -> list[Diagnostic]:
        """The findings, file by file as they were read, each file from top to bottom."""
        order: dict[str, int] = {}
        for each in self._found:
            order.setdefault(each.place.source.name if each.place else "", len(order))
        return sorted(
            self._found,
            key=lambda each: (
                (order[each.place.source.name], each.place.span.start)
                if each.place
                else (-1, 0)
            ),
        )

    def check(self) -> None:
        """Raise `CompileError` when there is an error."""
        if self.failed:
            raise CompileError(self.sorted())


class CompileError(Exception):
    """The input is wrong; ``diagnostics`` are all findings of the run, in source order."""

    def __init__(self, diagnostics: list[Diagnostic]) -> None:
        super().__init__(diagnostics)
        self.diagnostics = diagnostics

    def __str__(self) -> str:
        shown = [str(each) for each in self.diagnostics[:_MOST]]
        hidden = len(self.diagnostics) - _MOST
        if hidden > 0:
            shown.append(f"... and {hidden} more")
        return "\n".join(shown)


class CallError(Exception):
    """The command or function is called wrongly: the message says what to write instead."""


def _headline(kind: str, message: str, place: Place | None) -> str:
    message = visible(message)
    if place is None:
        return (
            f"    note: {message}" if kind == "note" else f"tars2py: {kind}: {message}"
        )
    return f"{place}: {kind}: {message}{_excerpt(place)}"


def _excerpt(place: Place) -> str:
    """The source line, and under it what is meant: a caret, then tildes."""
    source, (start, end) = place
    line = source.line(start)
    if not line.strip():
        return ""
    column = source.position(start)[1] - 1
    first = max(0, column - _LONGEST // 2)
    line = visible(line[first : first + _LONGEST])
    column -= first
    marked = width(line[column : column + max(1, end - start)]) or 1
    indent = " " * width(line[:column])
    return f"\n    {line.rstrip()}\n    {indent}^{'~' * (marked - 1)}"


def _where(place: Place | None) -> dict[str, Any]:
    if place is None:
        return {"file": None}
    line, column = place.source.position(place.span.start)
    end_line, end_column = place.source.position(max(place.span))
    return {
        "file": place.source.name,
        "line": line,
        "column": column,
        "end_line": end_line,
        "end_column": end_column,
    }
