"""Servants that their authors have filled in: what changed in the interface since then.

A file that is there is never written again; this compares it with what would be written.
"""

from __future__ import annotations

import ast
from pathlib import Path
from typing import NamedTuple

from tars2py.view import ServantView

__all__ = ["Kept", "keep"]


class Kept(NamedTuple):
    """A servant that was left alone, and how it differs from its interface."""

    path: Path
    interface: str
    new: tuple[str, ...]
    """Methods that the interface has and the servant lacks."""

    gone: tuple[str, ...]
    """Methods that the servant has and the interface lacks (or its author's own)."""

    different: tuple[str, ...]
    """Methods whose parameters are others now."""

    problem: str = ""
    """Why nothing could be compared."""

    def __str__(self) -> str:
        said = []
        if self.problem:
            said.append(f"it could not be compared: {self.problem}")
        if self.new:
            said.append(f"new in {self.interface}: {', '.join(self.new)}")
        if self.gone:
            said.append(f"not in {self.interface}: {', '.join(self.gone)}")
        if self.different:
            said.append(f"other parameters now: {', '.join(self.different)}")
        return f"{self.path}: kept as it is; {'; '.join(said) or 'nothing changed'}"


def keep(path: Path, view: ServantView) -> Kept:
    """Compare the servant at ``path`` with its interface."""

    def failed(problem: str) -> Kept:
        return Kept(path, view.idl_name, (), (), (), problem)

    try:
        module = ast.parse(path.read_bytes())
    except OSError as error:
        return failed((error.strerror or str(error)).lower())
    except (SyntaxError, ValueError) as error:
        return failed(f"it is not Python ({error})")
    methods = _methods(module, view.base)
    if methods is None:
        return failed(f"no class in it is derived from {view.base}")
    wanted = {
        each.name: ["self", *(param.name for param in each.params)]
        for each in view.methods
    }
    return Kept(
        path,
        view.idl_name,
        tuple(name for name in wanted if name not in methods),
        tuple(
            name for name in methods if name not in wanted and not name.startswith("_")
        ),
        tuple(
            name
            for name, params in wanted.items()
            if name in methods and methods[name] != params
        ),
    )


def _methods(module: ast.Module, base: str) -> dict[str, list[str]] | None:
    """The methods of the class derived from ``base``, with their parameters."""
    for node in ast.walk(module):
        if isinstance(node, ast.ClassDef) and any(
            ast.unparse(each).split(".")[-1] == base for each in node.bases
        ):
            return {
                each.name: [
                    arg.arg for arg in (*each.args.posonlyargs, *each.args.args)
                ]
                for each in node.body
                if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)
            }
    return None
