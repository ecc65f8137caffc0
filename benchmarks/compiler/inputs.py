"""What is compiled: a file of AdminReg's size, and one of 3,000 lines with 200 structs."""

from __future__ import annotations

import re
from pathlib import Path

__all__ = ["write_large", "write_usual"]

IDL = Path(__file__).parents[2] / "runtime" / "tars_runtime" / "interfaces" / "idl"
PARTS = ("NodeDescriptor", "AdminReg", "Patch", "MonitorQuery", "Topology")


def write_usual(folder: Path) -> Path:
    """Five interfaces of the framework in one file, without includes: about 750 lines."""
    body = "\n".join(_body(name) for name in PARTS)
    path = folder / "Usual.tars"
    path.write_text(f"module usual\n{{\n{body}\n}};\n", encoding="utf-8")
    return path


def _body(name: str) -> str:
    """What stands in a file's module."""
    text = (IDL / "framework" / f"{name}.tars").read_text(encoding="utf-8")
    match = re.search(r"module tars\n\{\n(.*)\n\};", text, re.DOTALL)
    assert match is not None
    return match[1]


KINDS = "int,string,long,bool,double,vector<byte>,byte,vector<string>,short,float,bool"


def write_large(folder: Path) -> Path:
    """200 structs of eleven members, ten interfaces of ten methods: about 3,000 lines."""
    lines = ["module large", "{"]
    for number in range(200):
        lines += [f"    /** Struct {number}. */", f"    struct S{number}", "    {"]
        for tag, kind in enumerate(KINDS.split(",")):
            manner = "require" if tag % 2 else "optional"
            lines.append(f"        {tag} {manner} {kind} m{tag}; // Member {tag}.")
        lines += ["    };"]
    for number in range(10):
        lines += [f"    interface I{number}", "    {"]
        for method in range(10):
            lines += [
                f"        /** Method {method}. */",
                f"        int f{method}(S{number * 10 + method} a, out S{method} b);",
            ]
        lines += ["    };"]
    path = folder / "Large.tars"
    path.write_text("\n".join([*lines, "};", ""]), encoding="utf-8")
    return path
