"""``tarscli logs``: the logs below ``TARS_PATH/log``, and nothing outside of it."""

from __future__ import annotations

import os
import sys
import time
from collections import deque
from pathlib import Path
from typing import BinaryIO

from tars_runtime.errors import UsageError

from tarscli.console import say, say_json, table
from tarscli.layout import Layout
from tarscli.options import Options, suggest

__all__ = ["run"]

_GLANCE = 0.2
_CHUNK = 1 << 16


def run(options: Options) -> int:
    """The command; follows until it is interrupted."""
    folder = Layout(Path(options.text("tars_path"))).log
    files = _files(folder)
    if options.on("list"):
        return _list(folder, files, options.text("output") == "json")
    name = " ".join(options.words) or "start.log"
    if name not in files:
        raise UsageError(
            f"{folder}: no log named {name}{suggest(name, files)}; see --list"
        )
    return _show(folder / name, options.number("tail"), options.on("follow"))


def _show(path: Path, lines: int | None, follow: bool) -> int:
    """Print the last lines and, to follow, each file that takes the name afterwards."""
    while True:
        with path.open("rb") as file:
            _print(b"".join(deque(file, maxlen=lines)))
            if not follow:
                return 0
            _follow(file, path)
        lines = None


def _files(folder: Path) -> list[str]:
    root = folder.resolve()
    return sorted(
        str(each.relative_to(folder))
        for each in folder.rglob("*")
        if each.is_file() and root in each.resolve().parents
    )


def _list(folder: Path, files: list[str], as_json: bool) -> int:
    sizes = {name: (folder / name).stat().st_size for name in files}
    if as_json:
        say_json([{"name": name, "bytes": size} for name, size in sizes.items()])
    elif sizes:
        for line in table((name, str(size)) for name, size in sizes.items()):
            say(line)
    return 0


def _print(data: bytes) -> None:
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def _follow(file: BinaryIO, path: Path) -> None:
    """Print what is appended, until the file was rolled and is read to its end."""
    while True:
        if data := file.read(_CHUNK):
            _print(data)
        elif _rolled(file, path):
            return
        else:
            time.sleep(_GLANCE)


def _rolled(file: BinaryIO, path: Path) -> bool:
    return path.exists() and path.stat().st_ino != os.fstat(file.fileno()).st_ino
