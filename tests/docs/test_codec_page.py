"""The examples of docs/codec.md run, one after the other, and give what stands beside them."""

from __future__ import annotations

import ast
from typing import Any

from tests.docs.blocks import blocks


def test_the_examples_give_what_stands_beside_them() -> None:
    names: dict[str, Any] = {"__name__": "example"}
    shown = 0
    for source in blocks("docs/codec.md", "python"):
        lines = source.split("\n")
        for node in ast.parse(source).body:
            line = lines[(node.end_lineno or 0) - 1]
            if isinstance(node, ast.Expr) and "    # " in line:
                value = eval(ast.unparse(node), names)
                assert repr(value) == line.partition("    # ")[2]
                shown += 1
            else:
                part = ast.Module([node], [])
                exec(compile(part, "docs/codec.md", "exec", dont_inherit=True), names)
    assert shown == 2
    parts = {"greeting": names["Greeting"](name="Ann"), "number": 7}
    data = names["packet"].build(parts)
    assert data == b"T\0\0\0\5\x06\x03Ann\x30\x07"
    read = names["packet"].parse(data)
    assert (read.greeting, read.number) == (parts["greeting"], 7)
