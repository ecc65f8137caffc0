"""Shows findings: as text for people, or as JSON lines for editors; and gives the exit code."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable

from tars2py.errors import CallError, CompileError, Diagnostic

__all__ = ["reported", "show"]


def reported(action: Callable[[], Iterable[Diagnostic]], form: str) -> int:
    """Run something that compiles, show its warnings or errors: the exit code is 0, 1 or 2."""
    try:
        warnings = action()
    except CompileError as error:
        show(error.diagnostics, form, str(error))
        return 1
    except CallError as error:
        sys.stderr.write(f"tars2py: error: {error}\n")
        return 2
    show(warnings, form)
    return 0


def show(found: Iterable[Diagnostic], form: str, text: str = "") -> None:
    """Print findings to standard error, or as JSON to standard output."""
    if form == "json":
        for each in found:
            sys.stdout.write(json.dumps(each.as_json(), ensure_ascii=False) + "\n")
        return
    if shown := text or "\n".join(str(each) for each in found):
        sys.stderr.write(shown + "\n")
