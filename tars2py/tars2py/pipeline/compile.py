"""The stages in their order: files to model, views, texts; then all files are written.

Nothing is written when a file is wrong: every stage runs on what the one before it gave, and the
findings of all are reported together.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from keyword import iskeyword
from pathlib import Path
from typing import Literal, NamedTuple

from tars2py.errors import CallError, Diagnostic
from tars2py.output.files import found_parts, write
from tars2py.output.kept import Kept
from tars2py.pipeline.analysis import analyse
from tars2py.render import package_text, part_text
from tars2py.view import Options, PartView, Plan, part_views

__all__ = ["Result", "compile_files", "package_texts"]


class Result(NamedTuple):
    """What a run did."""

    files: tuple[Path, ...]
    """Every file that belongs to the output."""

    changed: tuple[Path, ...]
    """Those of them that were written, because they were not there or different."""

    kept: tuple[Kept, ...]
    """Servants of an author's that were left alone, with what changed around them."""

    warnings: tuple[Diagnostic, ...]
    read: tuple[Path, ...]
    """Every file that was read."""

    probed: tuple[Path, ...]
    """Where included files were looked for in vain."""


def compile_files(
    files: Sequence[str | Path],
    out: str | Path,
    *,
    include: Iterable[str | Path] = (),
    package: str = "",
    imports: Mapping[str, str] | None = None,
    check_default: bool = True,
    servant: bool = False,
    cli: bool = False,
    encoding: str | None = None,
    werror: bool = False,
    layout: Literal["stable", "black"] = "stable",
    verify: bool = False,
) -> Result:
    """Compile ``.tars`` files, and those that they include, into packages below ``out``.

    ``include`` are further directories to look for included files in. ``package`` is the
    package that ``out`` is; ``imports`` says which modules are compiled already, and where.
    ``check_default=False`` makes the generated structs write optional members that equal their
    defaults. ``servant`` writes a servant to fill in for each interface of ``files``, where
    there is none yet; ``cli`` writes a command line for each. ``encoding`` forces one, ``werror``
    counts warnings as errors. ``layout="black"`` asks black, too (which changes nothing);
    ``verify`` compiles every text with Python before it is written.

    Raises `CompileError` when a file is wrong, `CallError` when ``out`` cannot be written or a
    package cannot be imported by its name.
    """
    elsewhere = tuple(sorted((imports or {}).items()))
    for each in filter(None, [package, *(path for _, path in elsewhere)]):
        _check_package(each)
    options = Options(package, elsewhere, check_default)
    analysis = analyse(files, include=include, encoding=encoding, werror=werror)
    plan, folder = Plan(analysis.model, options), Path(out)
    output = _packages(part_views(plan), folder)
    kept: tuple[Kept, ...] = ()
    if cli or servant:
        from tars2py.pipeline.extras import commands, servants  # seldom wanted

        if cli:
            output |= commands(analysis, plan, folder)
        if servant:
            fresh, kept = servants(analysis, plan, folder)
            output |= fresh
    if layout == "black" or verify:
        from tars2py.output.proof import proven

        output = proven(output, black=layout == "black")
    program = analysis.program
    return Result(
        tuple(output),
        tuple(write(output)),
        kept,
        analysis.warnings,
        tuple(unit.path for unit in program.units),
        program.probed,
    )


def _check_package(path: str) -> None:
    if not all(name.isidentifier() and not iskeyword(name) for name in path.split(".")):
        raise CallError(
            f"expected a package as one imports it (a.b.c), got '{path}': generated code "
            "could not be imported"
        )


def _packages(views: Sequence[PartView], out: Path) -> dict[Path, str]:
    """The files of all packages."""
    folders = {view.package for view in views}
    there = {folder: found_parts(out / folder) for folder in folders}
    files = {
        out / folder / f"{stem}.py": text
        for (folder, stem), text in package_texts(views, there).items()
    }
    return files | {out / folder / "py.typed": "" for folder in sorted(folders)}


def package_texts(
    views: Sequence[PartView], there: Mapping[str, Mapping[str, tuple[str, ...]]]
) -> dict[tuple[str, str], str]:
    """The text of every module, by package and name; ``there`` are parts from before."""
    texts: dict[tuple[str, str], str] = {}
    parts: dict[str, dict[str, tuple[str, ...]]] = defaultdict(dict)
    for view in views:
        texts[view.package, view.stem] = part_text(view)
        parts[view.package][view.stem] = view.exports
    for view in {view.package: view for view in views}.values():
        every = {**there.get(view.package, {}), **parts[view.package]}
        _check_clashes(view.package, every)
        text = package_text(view.module, sorted(every.items()))
        texts[view.package, "__init__"] = text
    return texts


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
