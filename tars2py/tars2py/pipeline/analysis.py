"""The first half of the compiler: files to trees, trees to a model, the model checked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from tars2py.errors import Diagnostic, Diagnostics
from tars2py.includes import Program, gather
from tars2py.model import Model, Part
from tars2py.resolve import resolve
from tars2py.rules import check

__all__ = ["Analysis", "analyse"]


class Analysis(NamedTuple):
    """What is known of a run before anything is printed."""

    program: Program
    model: Model
    warnings: tuple[Diagnostic, ...]

    @property
    def asked(self) -> list[Part]:
        """The parts of the files that were named, without those that they include."""
        inputs = set(self.program.inputs)
        return [part for part in self.model.parts if part.source.path in inputs]


def analyse(
    files: Sequence[str | Path],
    *,
    include: Iterable[str | Path] = (),
    encoding: str | None = None,
    werror: bool = False,
) -> Analysis:
    """Read files and all that they include, and check them.

    Raises `CompileError` with every finding when there is an error among them.
    """
    found = Diagnostics(werror=werror)
    program = gather(
        [Path(each) for each in files],
        [Path(each) for each in include],
        found,
        encoding=encoding,
    )
    model = resolve(program, found)
    check(model, found)
    found.check()
    return Analysis(program, model, tuple(found.sorted()))
