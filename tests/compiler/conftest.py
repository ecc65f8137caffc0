"""What several test files of the compiler share."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(autouse=True, scope="session")
def _cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep caches of the tests out of the user's folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TARS2PY_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


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
