"""Servants that their authors have filled in: what changed in the interface since then.

A file that is there is never written again; this compares it with what would be written.
"""

from __future__ import annotations

import ast
from pathlib import Path

from tars2py.output.kept import Kept
from tars2py.view import ServantView

__all__ = ["keep"]


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
