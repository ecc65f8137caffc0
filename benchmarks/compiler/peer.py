"""tars2go: ``TARS2GO`` names it, or it is on the path, or Go builds it from its module.

The last version whose compiler is part of the main module is built; newer ones are modules of
their own, which the Go proxy does not have: build one by hand and name it with ``TARS2GO``.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

__all__ = ["Peer", "tars2go"]

VERSION = "v1.1.0"
MODULE = f"""\
module bench

go 1.20

require github.com/TarsCloud/TarsGo {VERSION}
"""


class Peer(NamedTuple):
    """The program, or why there is none."""

    program: str = ""
    name: str = "tars2go"
    reason: str = ""


def tars2go(folder: Path) -> Peer:
    """The peer; built in ``folder`` if need be."""
    found = os.environ.get("TARS2GO") or shutil.which("tars2go")
    if found:
        return Peer(found)
    if not shutil.which("go"):
        return Peer(reason="neither TARS2GO nor tars2go nor go is there")
    (folder / "go.mod").write_text(MODULE)
    target = folder / "tars2go"
    done = subprocess.run(
        ["go", "build", "-o", target, "github.com/TarsCloud/TarsGo/tars/tools/tars2go"],
        cwd=folder,
        env={**os.environ, "GOFLAGS": "-mod=mod"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["no message"]
        return Peer(reason=f"go build: {lines[-1]}")
    return Peer(str(target), f"tars2go of TarsGo {VERSION}")
