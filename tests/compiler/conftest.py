"""What several test files of the compiler share."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture
def load(tmp_path: Path) -> Iterator[Callable[[str], ModuleType]]:
    """Imports generated modules from ``tmp_path``, and forgets them afterwards."""
    before = set(sys.modules)
    sys.path.insert(0, str(tmp_path))

    def imported(name: str) -> ModuleType:
        importlib.invalidate_caches()
        return importlib.import_module(name)

    yield imported
    sys.path.remove(str(tmp_path))
    for name in set(sys.modules) - before:
        file = getattr(sys.modules[name], "__file__", None) or ""
        if file.startswith(str(tmp_path)):
            del sys.modules[name]
