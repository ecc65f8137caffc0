"""The TARS compiler: ``.tars`` files in, typed Python out.

>>> import tars2py
>>> tars2py.compile_files(["Hello.tars"], "generated")      # doctest: +SKIP
>>> demo = tars2py.load("Hello.tars").Demo                  # doctest: +SKIP
"""

from __future__ import annotations

from tars2py.version import VERSION

TYPE_CHECKING = False  # not from typing, whose import would double a start-up
if TYPE_CHECKING:
    from tars2py.errors import CallError, CompileError
    from tars2py.pipeline.compile import Result, compile_files
    from tars2py.pipeline.memory import load
else:
    from importlib import import_module as _import_module

    _HOME = {
        "CallError": "errors",
        "CompileError": "errors",
        "Result": "pipeline.compile",
        "compile_files": "pipeline.compile",
        "load": "pipeline.memory",
    }

    def __getattr__(name):
        """Load what is asked for: the command line wants none of it at its start."""
        if name not in _HOME:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(_import_module(f"{__name__}.{_HOME[name]}"), name)
        globals()[name] = value
        return value


__all__ = ["VERSION", "CallError", "CompileError", "Result", "compile_files", "load"]
