"""The command line of an interface: a subcommand per method, a flag per field.

A struct's fields are flags with dots (``--greeting.name``), a vector's flag is repeated, a
map's is ``KEY=VALUE``; what has no simple form is JSON.
"""

from __future__ import annotations

from typing import TypeGuard

from tars2py.layout import literals, quoted
from tars2py.model import Array, Base, Interface, Map, Named, Param, Part, Type, Vector
from tars2py.naming import snake
from tars2py.view.plan import Plan
from tars2py.view.records import CommandMethodView, CommandView, FlagView, MethodView
from tars2py.view.servant import user_methods
from tars2py.view.types import Types
from tars2py.view.user import UserNames

__all__ = ["command_views"]

_TAKEN = frozenset(
    {
        "Any",
        "Sequence",
        "argparse",
        "flags",
        "main",
        "object",
        "parser",
        "program",
        "sys",
    }
    | {"argv", "command", "given", "methods", "proxy", "result"}
)
"""What the program uses itself: imports, functions, their parameters and variables."""

_TEXT_COLUMNS = 74
"""What a line of an exploded call leaves for a text behind ``help=``."""

_LONGEST = 40
"""Columns of an enum's names, where the help shows them all."""


def command_views(plan: Plan, part: Part) -> list[CommandView]:
    """The command lines of a part's interfaces; one without methods has none."""
    return [_view(plan, part, each) for each in part.interfaces if each.methods]


def _view(plan: Plan, part: Part, interface: Interface) -> CommandView:
    views = user_methods(plan, part, interface, UserNames(plan, ()))
    own = [f"{word}_{view.name}" for view in views for word in ("add", "call")]
    names = UserNames(plan, [*_TAKEN, *own])
    proxy = names.imported(part.module, names.generated(interface).proxy)
    writer = _Writer(plan, names)
    methods = []
    for view, method in zip(views, interface.methods, strict=True):
        params = [each for each in method.params if not each.out]
        methods.append(writer.method(view, params, method.doc))
    modules = ["flags", "program"] if writer.uses_flags else ["program"]
    about = _one_line(interface.doc) or f"Call {interface.symbol.text}."
    return CommandView(
        f"{snake(interface.symbol.name).lower()}_cli.py",
        interface.symbol.text,
        _text(about),
        proxy,
        tuple(
            names.imports(
                ("argparse", []),
                ("sys", []),
                ("collections.abc", ["Sequence"]),
                ("typing", ["Any"]),
                *([("tars_runtime", ["codec"])] if writer.uses_codec else []),
                ("tars_runtime.commandline", modules),
            )
        ),
        tuple(methods),
    )


class _Writer:
    """Writes flags and arguments with the names of one text."""

    def __init__(self, plan: Plan, names: UserNames) -> None:
        self.uses_flags = False
        self.uses_codec = False
        self._plan = plan
        self._names = names
        self._types = Types(names, plan.model.enums, plan.enumerators)

    def method(
        self, view: MethodView, params: list[Param], doc: str
    ) -> CommandMethodView:
        """A subcommand: the flags of all parameters, and what the proxy is called with."""
        flags: list[FlagView] = []
        arguments = []
        for shown, param in zip(view.params, params, strict=True):
            needed = not isinstance(param.type, Vector | Map) and not _is_struct(
                param.type
            )
            flags += self._flags(param.name, shown.name, param.type, "", needed)
            arguments.append(self._argument(shown.name, param.type))
        return CommandMethodView(
            view.name,
            view.idl_name,
            f"help={_text(_escaped(doc))}" if doc else "",
            tuple(flags),
            tuple(arguments),
            view.returns == "None",
        )

    def _argument(self, dest: str, of: Type) -> str:
        key = f"given[{quoted(dest)}]"
        match of:
            case Named(symbol) if symbol.kind == "struct":
                name = self._names.of(symbol)
                return self._flagged(f"struct({name}, {quoted(dest)}, given)")
            case Vector(Base("byte")):
                return f'{key} or b""'
            case Vector():
                return f"{key} or []"
            case Map():
                return f"{key} or {{}}"
            case _:
                return key

    def _flags(
        self, option: str, dest: str, of: Type, doc: str, needed: bool
    ) -> list[FlagView]:
        flags = [self._flag(option, dest, of, doc, needed)]
        if _is_struct(of):
            struct = self._plan.model.structs[of.symbol.module, of.symbol.name]
            python = self._plan.member_names(struct)
            for each in struct.members:
                flags += self._flags(
                    f"{option}.{each.name}",
                    f"{dest}.{python[each.name]}",
                    each.type,
                    each.doc,
                    False,
                )
        return flags

    def _flag(
        self, option: str, dest: str, of: Type, doc: str, needed: bool
    ) -> FlagView:
        action = ""
        match of:
            case Vector(item) | Array(item) if of != Vector(Base("byte")):
                reader, shown = self._reader(item)
                action = '"append"'
            case Map(key, value) if not _is_container(key):
                sides = [self._reader(each)[0] or "str" for each in (key, value)]
                reader = self._flagged(f"pair({', '.join(sides)})")
                shown, action = "KEY=VALUE", self._flagged("Pairs")
            case _:
                reader, shown = self._reader(of)
        arguments = [
            quoted(f"--{option}"),
            f"dest={quoted(dest)}" if dest != option else "",
            f"type={reader}" if reader else "",
            f"action={action}" if action else "",
            "required=True" if needed else "",
            f"metavar={quoted(shown)}",
            f"help={_text(_escaped(doc))}" if doc else "",
        ]
        return FlagView(option, tuple(filter(None, arguments)))

    def _reader(self, of: Type) -> tuple[str, str]:
        """What turns the text of a flag into a value, and what the help calls it."""
        match of:
            case Base("string"):
                return "", "TEXT"
            case Base("bool"):
                return self._flagged("boolean"), "BOOL"
            case Base("float" | "double"):
                return "float", "NUMBER"
            case Base():
                return "int", "INT"
            case Vector(Base("byte")):
                return self._flagged("hexadecimal"), "HEX"
            case Named(symbol) if symbol.kind == "enum":
                names = "|".join(self._plan.enumerators[symbol].values())
                shown = names if 0 < len(names) <= _LONGEST else symbol.name.upper()
                return self._flagged(f"enum_of({self._names.of(symbol)})"), shown
            case _:
                schema = self._types.schema(of)
                self.uses_codec = self.uses_codec or "codec." in schema
                return self._flagged(f"json_of({schema})"), "JSON"

    def _flagged(self, name: str) -> str:
        """Something of the runtime's `flags`."""
        self.uses_flags = True
        return f"flags.{name}"


def _is_struct(of: Type) -> TypeGuard[Named]:
    return isinstance(of, Named) and of.symbol.kind == "struct"


def _is_container(of: Type) -> bool:
    return isinstance(of, Vector | Map) or _is_struct(of)


def _one_line(doc: str) -> str:
    """The first paragraph of a comment."""
    return " ".join(doc.split("\n\n")[0].split())


def _escaped(doc: str) -> str:
    """As argparse wants what stands behind ``help=``; a description is not formatted."""
    return _one_line(doc).replace("%", "%%")


def _text(text: str) -> str:
    return literals(text, _TEXT_COLUMNS)
