"""@tars/stream on Node, in a process of its own, with its own clock: for context, not for ratios
within a round. Its packages are those that the interoperability tests install."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

from tars_runtime import codec

__all__ = ["NAME", "nanoseconds"]

NAME = "@tars/stream on node (own process)"
_ROOT = Path(__file__).parents[3]


def nanoseconds(shape: str, value: Any) -> dict[str, float]:
    """Nanoseconds to encode and to decode. Raises `RuntimeError` where it cannot be had."""
    found = sorted(
        (_ROOT / "build" / "interop").glob("*node*/node_modules/@tars/stream")
    )
    if shutil.which("node") is None or not found:
        raise RuntimeError("needs node and @tars/stream: run `make interop` first")
    data = codec.encode(value)
    calls = str(max(20, 400_000 // len(data)))
    script = Path(__file__).with_name("node.js")
    words = ["node", str(script), str(found[0].parents[1]), shape, data.hex(), calls]
    done = subprocess.run(words, capture_output=True, text=True, timeout=120)
    if done.returncode:
        raise RuntimeError(f"node failed: {done.stderr.strip().splitlines()[-1]}")
    times: dict[str, float] = json.loads(done.stdout)
    return times
