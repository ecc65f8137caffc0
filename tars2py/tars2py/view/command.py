"""The command line of an interface: a subcommand per method, a flag per field.

A struct's fields are flags with dots (``--greeting.name``), a vector's flag is repeated, a
map's is ``KEY=VALUE``; what has no simple form is JSON.
"""

from __future__ import annotations

from typing import TypeGuard

from tars2py.layout import quoted
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
        "Callable",
        "Communicator",
        "Sequence",
        "TarsError",
        "UsageError",
        "argparse",
    }
    | {"asyncio", "dataclasses", "json", "main", "parser", "sys"}
    | {"ValueError", "getattr", "isinstance", "object", "setattr", "vars"}
)
"""What the program uses itself."""


def command_views(plan: Plan, part: Part) -> list[CommandView]:
    """The command lines of all interfaces of a part."""
    return [_view(plan, part, each) for each in part.interfaces]


def _view(plan: Plan, part: Part, interface: Interface) -> CommandView:
    names = UserNames(plan, _TAKEN)
    proxy = names.imported(part.module, names.generated(interface).proxy)
    writer = _Writer(plan, names)
    methods = []
    views = user_methods(plan, part, interface, UserNames(plan, ()))
    for view, method in zip(views, interface.methods, strict=True):
        params = [each for each in method.params if not each.out]
        methods.append(writer.method(view, params, _one_line(method.doc)))
    readers = ["Callable"] if writer.helpers & {"enum", "json", "pairs"} else []
    return CommandView(
        f"{snake(interface.symbol.name).lower()}_cli.py",
        interface.symbol.text,
        part.source.path.name,
        _one_line(interface.doc),
        proxy,
        tuple(
            names.imports(
                ("argparse", []),
                ("asyncio", []),
                ("dataclasses", []),
                ("json", []),
                ("sys", []),
                ("collections.abc", [*readers, "Sequence"]),
                ("typing", ["Any", "TypeGuard"]),
                ("tars_runtime", ["codec"]),
                ("tars_runtime.communicator", ["Communicator"]),
                ("tars_runtime.errors", ["TarsError", "UsageError"]),
            )
        ),
        frozenset(writer.helpers),
        tuple(methods),
    )


class _Writer:
    """Writes flags and arguments with the names of one text."""

    def __init__(self, plan: Plan, names: UserNames) -> None:
        self.helpers: set[str] = set()
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
            doc,
            tuple(flags),
            tuple(arguments),
            view.returns == "None",
        )

    def _argument(self, dest: str, of: Type) -> str:
        key = f"given[{quoted(dest)}]"
        match of:
            case Named(symbol) if symbol.kind == "struct":
                self.helpers.add("struct")
                return f"_struct({self._names.of(symbol)}, {quoted(dest)}, given)"
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
                self.helpers.add("pairs")
                left, right = self._reader(key)[0], self._reader(value)[0]
                reader, shown = f"_pair({left or 'str'}, {right or 'str'})", "KEY=VALUE"
                action = "_Pairs"
            case _:
                reader, shown = self._reader(of)
        arguments = [
            quoted(f"--{option}"),
            f"dest={quoted(dest)}" if dest != option else "",
            f"type={reader}" if reader else "",
            f"action={action}" if action else "",
            "required=True" if needed else "",
            f"metavar={quoted(shown)}",
            f"help={quoted(_one_line(doc))}" if doc else "",
        ]
        return FlagView(option, tuple(filter(None, arguments)))

    def _reader(self, of: Type) -> tuple[str, str]:
        """What turns the text of a flag into a value, and what the help calls it."""
        match of:
            case Base("string"):
                return "", "TEXT"
            case Base("bool"):
                self.helpers.add("bool")
                return "_bool", "BOOL"
            case Base("float" | "double"):
                return "float", "NUMBER"
            case Base():
                return "int", "INT"
            case Vector(Base("byte")):
                return "bytes.fromhex", "HEX"
            case Named(symbol) if symbol.kind == "enum":
                self.helpers.add("enum")
                names = self._plan.enumerators[symbol].values()
                shown = "|".join(names) if 0 < len(names) < 6 else symbol.name.upper()
                return f"_enum({self._names.of(symbol)})", shown
            case _:
                self.helpers.add("json")
                return f"_json({self._types.schema(of)})", "JSON"


def _is_struct(of: Type) -> TypeGuard[Named]:
    return isinstance(of, Named) and of.symbol.kind == "struct"


def _is_container(of: Type) -> bool:
    return isinstance(of, Vector | Map) or _is_struct(of)


def _one_line(doc: str) -> str:
    """The first paragraph of a comment, as argparse wants it."""
    return " ".join(doc.split("\n\n")[0].split()).replace("%", "%%")
