"""Finds and reads all files of a run: search order, one tree per file, no cycles.

An included file is looked for beside the including file, then in the working directory, then
in each include directory. Files are known by their canonical path, so that a file reached by two
routes, spellings or links is read once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from tars2py import tree
from tars2py.errors import Diagnostics, Note, Place
from tars2py.source import NOWHERE, Source, Undecodable, decode
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
        if (canonical := reader.read(path, path)) and canonical not in asked:
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
    return Program(tuple(units.values()), tuple(asked), tuple(reader.probed))


class _Reader:
    """Reads files, each once, and follows their includes."""

    def __init__(
        self, directories: Sequence[Path], found: Diagnostics, encoding: str | None
    ) -> None:
        self.files: dict[Path, tree.File] = {}
        self.includes: dict[Path, list[tuple[Path, tree.Include]]] = {}
        self.probed: dict[Path, None] = {}
        self._directories = directories
        self._found = found
        self._encoding = encoding

    def read(self, path: Path, shown: Path) -> Path | None:
        """Read a file and, after it, what it includes; None when that one cannot be read."""
        canonical = Path(path).resolve()
        pending = [(canonical, shown)]
        while pending:
            each, name = pending.pop()
            if each in self.files:
                continue
            file = self._parse(each, name)
            if file is None:
                continue
            self.files[each] = file
            self.includes[each] = list(self._follow(file))
            pending += [
                (target, _beside(name, target, include))
                for target, include in reversed(self.includes[each])
            ]
        return canonical if canonical in self.files else None

    def _parse(self, path: Path, shown: Path) -> tree.File | None:
        try:
            text = decode(path.read_bytes(), self._encoding)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            message = f"expected a .tars file that can be read, got '{shown}': {reason}"
            self._found.error(message, None, NOWHERE)
        except Undecodable as error:
            self._found.error(
                f"expected text in {error.encoding.upper()}, got other bytes in "
                f"'{shown}' at byte {error.offset}: name the encoding with --encoding",
                None,
                NOWHERE,
            )
        except LookupError:
            self._found.error(
                f"expected an encoding that Python knows, got '{self._encoding}'",
                None,
                NOWHERE,
            )
        else:
            return parse(Source(path, str(shown), text), self._found)
        return None

    def _follow(self, file: tree.File) -> Iterable[tuple[Path, tree.Include]]:
        for include in file.includes:
            if target := self._find(file.source, include):
                yield target.resolve(), include

    def _find(self, source: Source, include: tree.Include) -> Path | None:
        written = include.path
        if "\\" in written:
            written = written.replace("\\", "/")
            self._found.warning(
                f"expected '/' in a path, got '\\': read as \"{written}\"",
                source,
                include.span,
            )
        beside, here = source.path.parent / written, Path.cwd() / written
        places = [beside, here, *(each / written for each in self._directories)]
        for place in dict.fromkeys(places):
            if _is_file(place):
                if place == beside and _is_file(here) and not beside.samefile(here):
                    self._found.warning(
                        f'"{written}" is beside this file and in the working directory: '
                        "took the one beside this file",
                        source,
                        include.span,
                    )
                return place
            self.probed[place] = None
        return self._last_resort(source, include, written, places)

    def _last_resort(
        self, source: Source, include: tree.Include, written: str, places: list[Path]
    ) -> Path | None:
        """tars2go drops the folders of an include path; so do we, where nothing else helps."""
        for directory in self._directories:
            place = directory / Path(written).name
            if _is_file(place):
                self._found.warning(
                    f'"{written}" was found only as "{place.name}" in an include '
                    "directory: write that",
                    source,
                    include.span,
                )
                return place
            self.probed[place] = None
        looked = dict.fromkeys(_shown(place.parent) for place in places)
        self._found.error(
            f'expected a file, got "{include.path}", which is nowhere: '
            "name its directory with -I",
            source,
            include.span,
            Note(f"looked in {', '.join(looked)}"),
        )
        return None


def _shown(folder: Path) -> str:
    """A folder as one calls it from here."""
    try:
        return str(folder.relative_to(Path.cwd()))
    except ValueError:
        return str(folder)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def _beside(shown: Path, target: Path, include: tree.Include) -> Path:
    """How an included file is called in messages: as one would reach it from here."""
    candidate = shown.parent / include.path.replace("\\", "/")
    if _is_file(candidate) and candidate.resolve() == target:
        return candidate
    return Path(_shown(target))


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
