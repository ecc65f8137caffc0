"""Modules from ``.tars`` files at run time: compiled in memory, imported, nothing written."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterable
from hashlib import sha256
from importlib.abc import InspectLoader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_loader
from pathlib import Path
from types import ModuleType, SimpleNamespace

from tars2py.pipeline.analysis import Analysis, analyse
from tars2py.pipeline.compile import package_texts
from tars2py.render import command_text
from tars2py.view import Options, Plan, part_views

__all__ = ["load", "load_commands"]


def load(
    *files: str | Path, include: Iterable[str | Path] = (), encoding: str | None = None
) -> SimpleNamespace:
    """What ``.tars`` files declare, ready to use: ``load("x.tars").Demo.Greeting``.

    Gives an object with an attribute for each TARS module. Loading the same text again gives
    the same classes. Needs `tars_runtime`. Raises `CompileError` when a file is wrong.
    """
    analysis = analyse(files, include=include, encoding=encoding)
    package, folders = _install(analysis)
    return SimpleNamespace(
        **{
            module: importlib.import_module(f"{package}.{folder}")
            for module, folder in folders.items()
        }
    )


def load_commands(
    file: str | Path, *, include: Iterable[str | Path] = (), encoding: str | None = None
) -> dict[str, ModuleType]:
    """The command lines of a file's interfaces, by interface: each has ``main(argv)``."""
    from tars2py.view.command import command_views  # seldom wanted

    analysis = analyse([file], include=include, encoding=encoding)
    package, _ = _install(analysis)
    plan = Plan(analysis.model, Options(package))
    programs = {}
    for part in analysis.asked:
        for view in command_views(plan, part):
            name = f"{package}.{Path(view.file).stem}"
            _MEMORY.texts[name] = (command_text(view), False)
            programs[view.idl_name] = importlib.import_module(name)
    return programs


def _install(analysis: Analysis) -> tuple[str, dict[str, str]]:
    """Make the files' packages importable; the package that they are in, and theirs."""
    sources = "\0".join(unit.file.source.text for unit in analysis.program.units)
    package = f"tars2py_loaded_{sha256(sources.encode()).hexdigest()[:16]}"
    views = part_views(Plan(analysis.model, Options(package)))
    texts: dict[str, tuple[str, bool]] = {package: ("", True)}
    for (folder, stem), text in package_texts(views, {}).items():
        is_package = stem == "__init__"
        name = f"{package}.{folder}" + ("" if is_package else f".{stem}")
        texts[name] = (text, is_package)
    _MEMORY.texts.update(texts)
    if _MEMORY not in sys.meta_path:
        sys.meta_path.append(_MEMORY)
    return package, {view.module: view.package for view in views}


class _Memory(MetaPathFinder, InspectLoader):
    """Imports modules whose texts it has."""

    def __init__(self) -> None:
        self.texts: dict[str, tuple[str, bool]] = {}

    def find_spec(self, fullname: str, *_: object, **__: object) -> ModuleSpec | None:
        if fullname not in self.texts:
            return None
        return spec_from_loader(fullname, self, origin="memory")

    def is_package(self, fullname: str) -> bool:
        return self.texts[fullname][1]

    def get_source(self, fullname: str) -> str:
        return self.texts[fullname][0]


_MEMORY = _Memory()
