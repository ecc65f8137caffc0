"""How an answer looks: as JSON, or for people a line per value."""

from __future__ import annotations

import dataclasses
import json
from typing import Any, TypeGuard

from tars_runtime import codec

__all__ = ["plain", "shown"]


def plain(value: Any) -> Any:
    """An answer as JSON has it; bytes are hexadecimal, as flags take them."""
    if dataclasses.is_dataclass(value):
        return json.loads(codec.to_json(value))
    if _is_dict(value):
        return {str(plain(key)): plain(item) for key, item in value.items()}
    if _is_list(value):
        return [plain(item) for item in value]
    return value.hex() if isinstance(value, bytes) else value


def shown(value: Any, indent: str = "") -> str:
    """What `plain` made, for people: indented as it is nested; nothing for None."""
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
