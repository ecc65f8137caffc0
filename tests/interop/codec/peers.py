"""The codecs of other languages, as processes that answer a line with a line."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.codec.schemas import Spec
from tests.interop.peers import Peer

__all__ = ["PEERS", "Exchange"]

_SOURCES = Path(__file__).parent / "peers"
_PATIENCE = 600.0  # seconds that a build may take: the first one downloads


def _run(folder: Path, *words: str) -> None:
    subprocess.run(
        words, cwd=folder, check=True, capture_output=True, text=True, timeout=_PATIENCE
    )


PEERS = {
    "go": Peer(
        "codec-go",
        "github.com/TarsCloud/TarsGo v1.4.5",
        _SOURCES / "go",
        ("go",),
        lambda folder: _run(folder, "go", "build", "-mod=readonly", "-o", "peer", "."),
        lambda folder: [str(folder / "peer")],
    ),
    "node": Peer(
        "codec-node",
        "@tars/stream 2.0.3",
        _SOURCES / "node",
        ("node", "npm"),
        lambda folder: _run(folder, "npm", "ci", "--no-audit", "--no-fund"),
        lambda folder: ["node", str(folder / "main.js")],
    ),
    "java": Peer(
        "codec-java",
        "com.tencent.tars:tars-core 1.7.3",
        _SOURCES / "java",
        ("java", "mvn"),
        lambda folder: _run(folder, "mvn", "-q", "-B", "package"),
        lambda folder: [
            "java",
            "-XX:+UseSerialGC",
            "-Xmx256m",
            "-cp",
            f"{folder}/target/codec.jar:{folder}/target/lib/*",
            "interop.Codec",
        ],
    ),
}


class Exchange:
    """One running peer; a context manager."""

    def __init__(self, peer: Peer) -> None:
        self._process = subprocess.Popen(
            peer.command(peer.built()),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def __enter__(self) -> Exchange:
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _value: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()

    def __call__(
        self, spec: Spec, forms: list[Any], data: list[bytes]
    ) -> tuple[list[str], list[Any]]:
        """What the peer makes of values, and of bytes: hexadecimal text, and forms."""
        asked = {
            "schema": spec,
            "encode": forms,
            "decode": [each.hex() for each in data],
        }
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        said = json.loads(self._process.stdout.readline())
        return said["encoded"], said["decoded"]
