"""Where an included file is: beside the including file, in the working directory, in each -I."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tars2py.errors import Diagnostics, Note
from tars2py.source import Source
from tars2py.tree import Include

__all__ = ["Search", "shown_as"]


class Search:
    """Finds included files, and remembers where it looked in vain."""

    def __init__(self, directories: Sequence[Path], found: Diagnostics) -> None:
        self.probed: dict[Path, None] = {}
        self._directories = directories
        self._found = found

    def find(self, source: Source, include: Include) -> Path | None:
        """The file that an include of ``source`` means; None after an error was reported."""
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
        self, source: Source, include: Include, written: str, places: list[Path]
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
        looked = dict.fromkeys(str(_from_here(place.parent)) for place in places)
        self._found.error(
            f'expected a file, got "{include.path}", which is nowhere: '
            "name its directory with -I",
            source,
            include.span,
            Note(f"looked in {', '.join(looked)}"),
        )
        return None


def shown_as(includer: Path, target: Path, include: Include) -> Path:
    """How an included file is called in messages: as one would reach it from here."""
    candidate = includer.parent / include.path.replace("\\", "/")
    if _is_file(candidate) and candidate.resolve() == target:
        return candidate
    return _from_here(target)


def _from_here(path: Path) -> Path:
    try:
        return path.relative_to(Path.cwd())
    except ValueError:
        return path


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False
