"""The shapes of generated declarations: what a template calls to place one of them.

Each takes records of the view and gives text that is indented, laid out as black would, and
has no line end.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tars2py.layout import LINE, bracket, explode, place, quoted
from tars2py.naming import import_order
from tars2py.render.blacken import blackened, fits
from tars2py.render.docstrings import docstring
from tars2py.view.records import (
    CommandMethodView,
    ConstView,
    InterfaceView,
    MemberView,
    MethodView,
)
from tars2py.width import width

__all__ = ["SHAPES"]

_KEYWORDS = (
    "*",
    "timeout: float | None = None",
    "context: Mapping[str, str] | None = None",
    "options: rpc.CallOptions | None = None",
)
_PASSED = ("timeout=timeout", "context=context", "options=options")


def _settled(text: str, indent: int) -> str:
    """The text, or what black makes of it where the layout leaves it too long."""
    return text if fits(text) else blackened(text, indent)


def _line(text: str, indent: int = 0) -> str:
    line = f"{' ' * indent}{text}"
    return line if width(line) <= LINE else blackened(line, indent)


def _const_line(const: ConstView) -> str:
    return _settled(f"{const.name}: Final = {const.value}", 0)


def _member_line(member: MemberView) -> str:
    value = member.default or f"field(default_factory={member.factory})"
    return _settled(place(f"{member.name}: {member.annotation} = {value}", 4), 4)


def _schema(name: str, members: Sequence[MemberView], elide: str) -> str:
    items = [name, *(each.schema for each in members), *filter(None, [elide])]
    return _settled(explode("codec.struct(", items, ")"), 0)


def _hashed(items: Sequence[str]) -> str:
    line = f"        return hash({_tuple(items)})"
    if width(line) <= LINE:
        return line
    return f"        return hash(\n{explode('(', items, ')', 12)}\n        )"


def _ordered(items: Sequence[str]) -> str:
    mine = [each.format("self") for each in items]
    others = [each.format("other") for each in items]
    line = f"        return {_tuple(mine)} < {_tuple(others)}"
    if width(line) <= LINE:
        return line
    left = explode("return (", mine, ")", 8)
    return f"{left} < {explode('(', others, ')', 8).lstrip()}"


def _tuple(items: Sequence[str]) -> str:
    return f"({items[0]},)" if len(items) == 1 else f"({', '.join(items)})"


def _row(method: MethodView) -> str:
    head = f"{method.row}: Final = rpc.Method("
    takes = [each.schema for each in method.params]
    attr = "" if method.name == method.idl_name else f"attr={quoted(method.name)}"
    first, gives = quoted(method.idl_name), f"gives={method.gives}"
    parts = [first, attr, f"takes={_tuple(takes) if takes else '()'}", gives]
    line = f"{head}{', '.join(filter(None, parts))})"
    if width(line) <= LINE:
        return line
    return _settled(explode(head, filter(None, parts), ")"), 0)


def _client(method: MethodView, definition: str, returns: str) -> str:
    params = [f"{each.name}: {each.annotation}" for each in method.params]
    text = explode(
        f"{definition} {method.name}(",
        ["self", *params, *_KEYWORDS],
        f") -> {returns}:",
        4,
    )
    return _settled(text, 4)


def _call(method: MethodView, call: str) -> str:
    names = [each.name for each in method.params]
    return _settled(bracket(f"{call}(", [method.row, *names, *_PASSED], ")", 8), 8)


def _table(interface: InterfaceView) -> str:
    rows = [each.row for each in interface.methods]
    line = f"    __tars__ = {_tuple(rows) if rows else '()'}"
    return line if width(line) <= LINE else explode("__tars__ = (", rows, ")", 4)


def _servant(method: MethodView) -> str:
    params = ["self", *(f"{each.name}: {each.annotation}" for each in method.params)]
    tail = f") -> rpc.Answer[{method.returns}]:{'' if method.doc else ' ...'}"
    line = f"    def {method.name}({', '.join(params)}{tail}"
    if width(line) <= LINE:
        return line
    return _settled(explode(f"def {method.name}(", params, tail, 4), 4)


def _client_doc(interface: InterfaceView) -> str:
    side = f"The client side of interface ``{interface.idl_name}``."
    return f"{interface.doc}\n\n{side}" if interface.doc else side


def _servant_doc(interface: InterfaceView) -> str:
    side = (
        f"The server side of interface ``{interface.idl_name}``: "
        "subclass it, fill in each method."
    )
    return f"{interface.doc}\n\n{side}" if interface.doc else side


def _from_part(stem: str, names: Iterable[str]) -> str:
    ordered = sorted(names, key=import_order)
    line = f"    from .{stem} import {', '.join(ordered)}"
    return (
        line
        if width(line) <= LINE
        else explode(f"from .{stem} import (", ordered, ")", 4)
    )


def _servant_method(method: MethodView) -> str:
    params = ["self", *(f"{each.name}: {each.annotation}" for each in method.params)]
    head, tail = f"async def {method.name}(", f") -> {method.returns}:"
    line = f"    {head}{', '.join(params)}{tail}"
    body = f'        raise NotImplementedError("{method.name} is not written yet")'
    if width(line) > LINE:
        line = explode(head, params, tail, 4)
    if method.doc:
        line += "\n" + docstring(method.doc, 8)
    return f"{line}\n{body}"


def _add_parser(method: CommandMethodView) -> str:
    items = [quoted(method.idl_name), method.help, "allow_abbrev=False"]
    if any(flag.option == "help" for flag in method.flags):
        items.append('conflict_handler="resolve"')  # --help is the flag, -h the help
    return bracket("command = methods.add_parser(", [*filter(None, items)], ")", 4)


def _call_head(method: CommandMethodView, proxy: str) -> str:
    params = [f"proxy: {proxy}", "given: dict[str, Any]"]
    head, tail = f"async def call_{method.name}(", f") -> {_answer(method)}:"
    line = f"{head}{', '.join(params)}{tail}"
    return line if width(line) <= LINE else explode(head, params, tail)


def _answer(method: CommandMethodView) -> str:
    return "None" if method.void else "object"


def _proxy_call(method: CommandMethodView) -> str:
    items = [*method.arguments, 'timeout=given["--timeout"]']
    verb = "await" if method.void else "return await"
    return bracket(f"{verb} proxy.{method.name}(", items, ")", 4)


SHAPES = {
    "add_parser": _add_parser,
    "call": _call,
    "call_head": _call_head,
    "client": _client,
    "client_doc": _client_doc,
    "bracket": bracket,
    "const_line": _const_line,
    "docstring": docstring,
    "explode": explode,
    "from_part": _from_part,
    "hashed": _hashed,
    "line": _line,
    "member_line": _member_line,
    "ordered": _ordered,
    "proxy_call": _proxy_call,
    "row": _row,
    "schema": _schema,
    "servant": _servant,
    "servant_doc": _servant_doc,
    "servant_method": _servant_method,
    "table": _table,
}
"""What templates may call, by name."""
