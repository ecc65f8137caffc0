"""The stages in their order: files to trees, model, views, texts; then all files are written.

Nothing is written when a file is wrong: every stage runs on what the one before it gave, and the
findings of all are reported together.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from tars2py.errors import CallError, Diagnostic, Diagnostics
from tars2py.includes import Program, gather
from tars2py.model import Model
from tars2py.output import found_parts, write
from tars2py.render import package_text, part_text
from tars2py.resolve import resolve
from tars2py.rules import check
from tars2py.view import Options, PartView, views

__all__ = ["Analysis", "Result", "analyse", "compile_files", "texts"]


class Analysis(NamedTuple):
    """What the first half of the compiler knows of a run."""

    program: Program
    model: Model
    warnings: list[Diagnostic]


class Result(NamedTuple):
    """What a run did."""

    files: tuple[Path, ...]
    """Every file that belongs to the output."""

    changed: tuple[Path, ...]
    """Those of them that were written, because they were not there or different."""

    warnings: tuple[Diagnostic, ...]
    program: Program


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
    return Analysis(program, model, found.sorted())


def texts(model: Model, options: Options) -> list[tuple[PartView, str]]:
    """The text of every part."""
    return [(view, part_text(view)) for view in views(model, options)]


def compile_files(
    files: Sequence[str | Path],
    out: str | Path,
    *,
    include: Iterable[str | Path] = (),
    package: str = "",
    imports: Mapping[str, str] | None = None,
    check_default: bool = True,
    encoding: str | None = None,
    werror: bool = False,
) -> Result:
    """Compile ``.tars`` files, and those that they include, into packages below ``out``.

    ``include`` are further directories to look for included files in. ``package`` is the
    package that ``out`` is; ``imports`` says which modules are compiled already, and where.
    ``check_default=False`` makes the generated structs write optional members that equal their
    defaults. ``encoding`` forces one, ``werror`` counts warnings as errors.

    Raises `CompileError` when a file is wrong, `CallError` when ``out`` cannot be written.
    """
    options = Options(package, tuple(sorted((imports or {}).items())), check_default)
    analysis = analyse(files, include=include, encoding=encoding, werror=werror)
    output = _files(texts(analysis.model, options), Path(out))
    changed = write(output)
    return Result(
        tuple(output), tuple(changed), tuple(analysis.warnings), analysis.program
    )


def _files(rendered: list[tuple[PartView, str]], out: Path) -> dict[Path, str]:
    """Every file of the output with its text: the parts, and around them their packages."""
    files: dict[Path, str] = {}
    parts: dict[str, dict[str, tuple[str, ...]]] = defaultdict(dict)
    modules: dict[str, str] = {}
    for view, text in rendered:
        files[out / view.package / f"{view.stem}.py"] = text
        parts[view.package][view.stem] = view.exports
        modules[view.package] = view.module
    for folder, fresh in parts.items():
        every = {**found_parts(out / folder), **fresh}
        _check_clashes(folder, every)
        files[out / folder / "__init__.py"] = package_text(
            modules[folder], sorted(every.items())
        )
        files[out / folder / "py.typed"] = ""
    return files


def _check_clashes(folder: str, parts: Mapping[str, tuple[str, ...]]) -> None:
    """Two parts of one package must not export the same name."""
    homes: dict[str, str] = {}
    for stem, names in parts.items():
        for name in names:
            if homes.setdefault(name, stem) != stem:
                raise CallError(
                    f"expected one '{name}' in package {folder}, got one in "
                    f"{homes[name]}.py and one in {stem}.py: rename one, or remove the "
                    "file whose .tars is gone"
                )
