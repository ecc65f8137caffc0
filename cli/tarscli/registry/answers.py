"""How an answer looks: as JSON, or a line per value, as ``tars2py --cli`` prints it."""

from __future__ import annotations

import dataclasses
import json
from typing import Any, TypeGuard

from tars_runtime import codec

__all__ = ["plain", "shown"]


def plain(value: Any) -> Any:
    """An answer as JSON has it."""
    if dataclasses.is_dataclass(value):
        return json.loads(codec.to_json(value))
    if _is_list(value):
        return [plain(item) for item in value]
    return value


def shown(value: Any, indent: str = "") -> str:
    """An answer for people: a line per value, indented as it is nested."""
    rows: list[tuple[str, Any]]
    if _is_dict(value):
        rows = [(f"{key}:", item) for key, item in value.items()]
    elif _is_list(value):
        rows = [("-", item) for item in value]
    else:
        return "" if value is None else f"{indent}{value}"
    lines: list[str] = []
    for head, item in rows:
        nested = (_is_dict(item) or _is_list(item)) and len(item) > 0
        lines.append(f"{indent}{head}" if nested else f"{indent}{head} {item}")
        if nested:
            lines.append(shown(item, f"{indent}  "))
    return "\n".join(lines)


def _is_dict(value: object) -> TypeGuard[dict[Any, Any]]:
    return isinstance(value, dict)


def _is_list(value: object) -> TypeGuard[list[Any]]:
    return isinstance(value, list)
