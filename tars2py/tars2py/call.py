"""Calls a server with nothing but its ``.tars`` file: the generated command line, run in memory.

With `tars2py.decode` the one module that uses the runtime; both import it when they run.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from types import ModuleType

from tars2py.errors import CallError
from tars2py.suggest import suggest

__all__ = ["call"]


def call(
    file: str,
    target: str,
    arguments: Sequence[str],
    *,
    include: Iterable[str] = (),
    encoding: str | None = None,
    interface: str = "",
) -> int:
    """Call ``target`` (``App.Server.Obj@...``) and print the answer; gives the exit code.

    ``arguments`` are the generated command line's: its options, the method, its flags. Raises
    `CompileError` for a wrong file, `CallError` where the method cannot be chosen.
    """
    from tars2py.pipeline.memory import load_commands

    programs = load_commands(file, include=include, encoding=encoding)
    program = _choose(programs, interface, file, arguments)
    code: int = program.main(["--object", target, *arguments])
    return code


def _choose(
    programs: dict[str, ModuleType], interface: str, file: str, arguments: Sequence[str]
) -> ModuleType:
    """The command line of the interface that is meant."""
    if not programs:
        raise CallError(f"expected an interface in '{file}', got none")
    if interface:
        for name, program in programs.items():
            if interface in (name, name.split("::")[-1]):
                return program
        raise CallError(
            f"expected an interface of '{file}', got '{interface}'"
            f"{suggest(interface, programs)}"
        )
    fitting = [
        name
        for name, program in programs.items()
        if any(f"call_{each}" in vars(program) for each in arguments)
    ]
    if len(programs) == 1 or len(fitting) == 1:
        return programs[(fitting or list(programs))[0]]
    raise CallError(
        f"expected --interface, for '{file}' has {', '.join(fitting or programs)}"
    )
