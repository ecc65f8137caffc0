"""Reads all files of a run: one tree per file, included ones first, no cycles.

Files are known by their canonical path, so that a file reached by two routes, spellings or
links is read once.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from tars2py import tree
from tars2py.errors import Diagnostics, Note, Place
from tars2py.includes.reading import read_source
from tars2py.includes.search import Search, shown_as
from tars2py.syntax import parse

__all__ = ["Program", "Unit", "gather"]


class Unit(NamedTuple):
    """One file of the run."""

    path: Path
    """Canonical: the file's identity."""

    file: tree.File
    includes: tuple[Path, ...]
    visible: frozenset[Path]
    """This file and everything that it includes, directly or through others."""


class Program(NamedTuple):
    """All files of a run, included ones before those that include them."""

    units: tuple[Unit, ...]
    inputs: tuple[Path, ...]
    probed: tuple[Path, ...]
    """Where files were looked for and not found: one that appears there changes the run."""


def gather(
    inputs: Sequence[Path],
    directories: Sequence[Path],
    found: Diagnostics,
    *,
    encoding: str | None = None,
) -> Program:
    """Read the files and what they include; what cannot be read or found goes to ``found``."""
    reader = _Reader(directories, found, encoding)
    asked = []
    for path in inputs:
        if (canonical := reader.read(path)) and canonical not in asked:
            asked.append(canonical)
    order = _order(reader.includes, found, reader.files)
    units: dict[Path, Unit] = {}
    for path in order:
        includes = tuple(
            each for each, _ in reader.includes[path] if each in reader.files
        )
        visible = frozenset({path}).union(
            *(units[each].visible for each in includes if each in units)
        )
        units[path] = Unit(path, reader.files[path], includes, visible)
    return Program(tuple(units.values()), tuple(asked), tuple(reader.search.probed))


class _Reader:
    """Reads files, each once, and follows their includes."""

    def __init__(
        self, directories: Sequence[Path], found: Diagnostics, encoding: str | None
    ) -> None:
        self.files: dict[Path, tree.File] = {}
        self.includes: dict[Path, list[tuple[Path, tree.Include]]] = {}
        self.search = Search(directories, found)
        self._found = found
        self._encoding = encoding

    def read(self, path: Path) -> Path | None:
        """Read a file and, after it, what it includes; None when that one cannot be read."""
        canonical = path.resolve()
        pending = [(canonical, path)]
        while pending:
            each, shown = pending.pop()
            if each in self.files:
                continue
            source = read_source(each, shown, self._encoding, self._found)
            if source is None:
                continue
            file = self.files[each] = parse(source, self._found)
            self.includes[each] = [
                (target.resolve(), include)
                for include in file.includes
                if (target := self.search.find(source, include))
            ]
            pending += [
                (target, shown_as(shown, target, include))
                for target, include in reversed(self.includes[each])
            ]
        return canonical if canonical in self.files else None


def _order(
    includes: dict[Path, list[tuple[Path, tree.Include]]],
    found: Diagnostics,
    files: dict[Path, tree.File],
) -> list[Path]:
    """Included files first. A cycle is reported once, with its chain, and cut."""
    order: list[Path] = []
    done: set[Path] = set()
    for root in includes:
        chain: dict[Path, tree.Include | None] = {}
        stack = [(root, iter(includes[root]))] if root not in done else []
        chain.update(dict.fromkeys([root]) if stack else {})
        while stack:
            path, targets = stack[-1]
            for target, include in targets:
                if target in chain:
                    chain[path] = include
                    _report_cycle(target, chain, files, found)
                elif target in includes and target not in done:
                    chain[path] = include
                    chain[target] = None
                    stack.append((target, iter(includes[target])))
                    break
            else:
                stack.pop()
                chain.pop(path)
                done.add(path)
                order.append(path)
    return order


def _report_cycle(
    target: Path,
    chain: dict[Path, tree.Include | None],
    files: dict[Path, tree.File],
    found: Diagnostics,
) -> None:
    links = list(chain.items())
    links = links[list(chain).index(target) :]
    names = [Path(files[path].source.name).name for path, _ in links]
    *before, (path, include) = links
    assert include is not None
    found.error(
        f"files include each other: {' -> '.join([*names, names[0]])}",
        files[path].source,
        include.span,
        *(
            Note("which is included here", Place(files[each].source, link.span))
            for each, link in reversed(before)
            if link
        ),
    )
