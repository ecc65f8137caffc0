"""What an operator changed at run time and a restart must not undo: a small file under datapath.

The C++ and Go runtimes keep the log level in a cache file of theirs, too; it goes over the
configuration's until it is changed again.
"""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

from tars_runtime.atomic import write_text

__all__ = ["Memory"]

log = logging.getLogger("tars.server")

NAME = "tars2py.remembered.json"


class Memory:
    """Texts by name, kept in ``<folder>/tars2py.remembered.json``; without a folder, nowhere."""

    def __init__(self, folder: str) -> None:
        self._path = Path(folder) / NAME if folder else None

    def recall(self, name: str) -> str:
        """What was kept under a name; ``""`` for nothing, or for a file that is not ours."""
        value = self._load().get(name, "")
        return value if isinstance(value, str) else ""

    def keep(self, name: str, value: str) -> None:
        """Keep a text; a file that cannot be written is logged, and no more."""
        if self._path is None:
            return
        kept = self._load() | {name: value}
        try:
            write_text(self._path, json.dumps(kept, indent=2, sort_keys=True))
        except OSError as error:
            log.warning("%s is not written: %s", self._path, error)

    def _load(self) -> dict[str, Any]:
        if self._path is None:
            return {}
        try:
            read = json.loads(self._path.read_text())
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            log.warning("%s is not read: %s", self._path, error)
            return {}
        return read if isinstance(read, dict) else {}
