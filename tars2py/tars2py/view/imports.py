"""The import statements of a part: exactly the names that it uses, as linters sort them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from tars2py.layout import LINE, explode
from tars2py.naming import import_order
from tars2py.view.records import InterfaceView, PartView

__all__ = ["imports"]

_RUNTIME = "tars_runtime"


def imports(view: PartView, imported: Mapping[tuple[str, str], str]) -> list[str]:
    """All imports of a part, an empty string between two groups."""
    groups = [["from __future__ import annotations"], _standard(view)]
    ours = {key: local for key, local in imported.items() if _is_ours(key[0])}
    others = {key: local for key, local in imported.items() if not _is_ours(key[0])}
    runtime = _from(_RUNTIME, [each for each in ("codec", "rpc") if _uses(view, each)])
    groups.append([*runtime, *_generated(ours)])
    groups.append(_generated(others))
    lines: list[str] = []
    for group in filter(None, groups):
        lines += [*group, ""]
    return lines[:-1]


def _standard(view: PartView) -> list[str]:
    methods = [method for each in view.interfaces for method in each.methods]
    replies = [reply for each in view.interfaces for reply in each.replies]
    members = [member for each in view.structs for member in each.members]
    members += [member for each in replies for member in each.members]
    wanted = {
        "abc": ["ABC"] * bool(view.interfaces) + ["abstractmethod"] * bool(methods),
        "collections.abc": ["Mapping"] * bool(methods),
        "dataclasses": ["dataclass"] * bool(view.structs or replies)
        + ["field"] * any(member.factory for member in members),
        "enum": ["IntEnum"] * bool(view.enums),
        "typing": ["Final"] * bool(view.consts or methods),
    }
    return [line for path, names in wanted.items() for line in _from(path, names)]


def _uses(view: PartView, module: str) -> bool:
    if module == "rpc":
        return bool(view.interfaces)
    return bool(view.structs) or any(_mentions_codec(each) for each in view.interfaces)


def _mentions_codec(interface: InterfaceView) -> bool:
    return bool(interface.replies) or any(
        method.params or "codec." in method.gives for method in interface.methods
    )


def _generated(imported: Mapping[tuple[str, str], str]) -> list[str]:
    """Imports of other parts: whole modules first, then names; one with ``as`` stands alone."""
    whole = sorted(
        f"import {path} as {local}"
        for (path, name), local in imported.items()
        if not name
    )
    plain: dict[str, list[str]] = defaultdict(list)
    renamed: dict[str, list[str]] = defaultdict(list)
    for (path, name), local in imported.items():
        if name:
            (plain if name == local else renamed)[path].append(
                name if name == local else f"{name} as {local}"
            )
    lines = whole
    for path in sorted({*plain, *renamed}, key=import_order):
        lines += _from(path, sorted(plain[path], key=import_order))
        for each in sorted(renamed[path], key=import_order):
            lines += _from(path, [each])
    return lines


def _from(path: str, names: list[str]) -> list[str]:
    if not names:
        return []
    line = f"from {path} import {', '.join(names)}"
    if len(line) <= LINE:
        return [line]
    return [explode(f"from {path} import (", names, ")")]


def _is_ours(path: str) -> bool:
    return path.split(".")[0] == _RUNTIME
