"""From a schema to two functions, by construct's own ``compile()``.

A type's ``_emitparse`` and ``_emitbuild`` append a whole function each to construct's module.
What ``compile()`` gives is construct's ``Compiled``, whose ``parse`` and ``build`` *are* these
functions: no stream, no context, no frames between the caller and the emitted code.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tars_runtime.codec.compiled import held, pieces, prelude
from tars_runtime.codec.compiled.reading import Reading
from tars_runtime.codec.compiled.text import Text
from tars_runtime.codec.compiled.writing import Writing
from tars_runtime.codec.kinds.refs import Ref
from tars_runtime.codec.options import LIMITS

if TYPE_CHECKING:
    from tars_runtime.codec.kind import Kind
    from tars_runtime.codec.types import Type

    class _Compiled:
        """What is used of construct's class."""

        module: Any
        source: str
        defersubcon: Type[Any]

        def __init__(self, parsefunc: object, buildfunc: object) -> None: ...

else:
    from construct import Compiled as _Compiled

__all__ = ["Compiled", "emit_build", "emit_parse"]

_IMPORTS = (
    f"from {held.__name__} import held",
    f"from {prelude.__name__} import {', '.join(prelude.NAMES)}",
    f"from {pieces.__name__} import {', '.join(pieces.NAMES)}",
)

# No message of so many bytes as the elements limit can hold more elements, so nothing counts.
_PARSE = """\
def {name}(b):
    if b.__class__ is not bytes or len(b) > {most}: return {reference}(b)
    l = b + b"\\x0b"
    i = 0
    h = l[0]
    try:
{body}
        return {value}
    except Exception: pass
    return {reference}(b)"""

_BUILD = """\
def {name}(v):
    try:
{body}
        r = {value}
        if len(r) <= {most}: return r
    except Exception: pass
    return {reference}(v)"""


class Compiled(_Compiled):
    """A compiled schema; ``parse`` and ``build`` are the emitted functions themselves."""

    parse: Callable[[bytes], Any]
    build: Callable[[Any], bytes]

    def __init__(self, made: Any) -> None:
        super().__init__(made.parsefunc, made.buildfunc)
        self.module = made.module
        self.source = made.source
        self.defersubcon = made.defersubcon
        self.parse = made.module.tars_parse
        self.build = made.module.tars_build


def emit_parse(of: Type[Any], code: Any) -> str:
    """Append the parse function to construct's module: its name."""
    e = Reading()
    e.recursive = _recursive(of, set())
    value = of.emit_parse(e)
    whole = e.hold(of.parse_from)
    name = _append(e, code, "parse", _PARSE, e.hold(of.decode), value)
    code.append(f"{name}.from_stream = {whole}")
    return name


def emit_build(of: Type[Any], code: Any) -> str:
    """Append the build function to construct's module: its name."""
    e = Writing(of.elide)
    e.recursive = _recursive(of, set())
    of.emit_build(e, "v")
    return _append(e, code, "build", _BUILD, e.hold(of.encode), e.finish())


def _recursive(of: Kind[Any], seen: set[int]) -> bool:
    if isinstance(of, Ref):
        return True
    if id(of) in seen:
        return False
    seen.add(id(of))
    return any(_recursive(child, seen) for child in of.children())


def _append(
    e: Text, code: Any, what: str, shape: str, reference: str, value: str
) -> str:
    name = e.name(f"{what}_")
    most = LIMITS.elements if what == "parse" else LIMITS.message
    for each in _IMPORTS:
        code.append(each)
    code.append("\n".join(f"{name} = {made}" for made, name in e.constants.items()))
    for function in e.functions:
        code.append(function)
    body = "\n".join(e.lines) or "        pass"
    code.append(
        shape.format(name=name, body=body, value=value, reference=reference, most=most)
    )
    code.append(f"tars_{what} = {name}")
    return name
