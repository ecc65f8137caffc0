"""Import statements: exactly the names that a text uses, grouped and sorted as linters do."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping

from tars2py.layout import LINE, explode
from tars2py.naming import STDLIB, import_order
from tars2py.view.records import InterfaceView, PartView

__all__ = ["import_groups", "part_imports"]

_RUNTIME = "tars_runtime"


def part_imports(view: PartView, imported: Mapping[tuple[str, str], str]) -> list[str]:
    """The imports of a part; ``imported`` are names of other parts, by path and name.

    An empty name is that of the whole module.
    """
    wanted = [*_standard(view)]
    if runtime := [each for each in ("codec", "rpc") if _uses(view, each)]:
        wanted.append((_RUNTIME, runtime))
    wanted += [
        (
            (path, [name if name == local else f"{name} as {local}"])
            if name
            else (f"{path} as {local}", [])
        )
        for (path, name), local in imported.items()
    ]
    return import_groups(wanted)


def import_groups(wanted: Iterable[tuple[str, list[str]]]) -> list[str]:
    """Import lines of (module, names), an empty string between two groups.

    A module without names, ``"json"`` or ``"a.b as c"``, is imported whole. Groups are the
    standard library, the runtime, the rest.
    """
    whole: dict[int, list[str]] = defaultdict(list)
    parts: dict[int, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for path, names in wanted:
        if names:
            parts[_group(path)][path] += names
        else:
            whole[_group(path)].append(f"import {path}")
    lines = ["from __future__ import annotations"]
    for group in sorted({*whole, *parts}):
        lines += ["", *sorted(whole[group])]
        for path in sorted(parts[group], key=import_order):
            lines += _from(path, parts[group][path])
    return lines


def _group(path: str) -> int:
    top = re.split(r"[. ]", path)[0]
    if top in STDLIB:
        return 0
    return 1 if top == _RUNTIME else 2


def _from(path: str, names: list[str]) -> list[str]:
    """One statement for the plain names, one for each that is renamed."""
    ordered = sorted(dict.fromkeys(names), key=import_order)
    plain = [each for each in ordered if " as " not in each]
    renamed = [[each] for each in ordered if " as " in each]
    return [_statement(path, each) for each in filter(None, [plain, *renamed])]


def _statement(path: str, names: list[str]) -> str:
    line = f"from {path} import {', '.join(names)}"
    return line if len(line) <= LINE else explode(f"from {path} import (", names, ")")


def _standard(view: PartView) -> list[tuple[str, list[str]]]:
    methods = [method for each in view.interfaces for method in each.methods]
    replies = [reply for each in view.interfaces for reply in each.replies]
    members = [member for each in view.structs for member in each.members]
    members += [member for each in replies for member in each.members]
    wanted: dict[str, dict[str, object]] = {
        "abc": {"ABC": view.interfaces, "abstractmethod": methods},
        "collections.abc": {"Mapping": methods},
        "dataclasses": {
            "dataclass": view.structs or replies,
            "field": any(member.factory for member in members),
        },
        "enum": {"IntEnum": view.enums},
        "typing": {"Final": view.consts or methods},
    }
    chosen = [
        (path, [name for name, used in names.items() if used])
        for path, names in wanted.items()
    ]
    return [(path, names) for path, names in chosen if names]


def _uses(view: PartView, module: str) -> bool:
    if module == "rpc":
        return bool(view.interfaces)
    return bool(view.structs) or any(_mentions_codec(each) for each in view.interfaces)


def _mentions_codec(interface: InterfaceView) -> bool:
    return bool(interface.replies) or any(
        method.params or "codec." in method.gives for method in interface.methods
    )
