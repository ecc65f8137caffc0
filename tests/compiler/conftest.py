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
    """Imports generated modules from ``tmp_path``, and forgets them afterwards.

    Other tests have imported modules of the same names; they get them back.
    """
    before = dict(sys.modules)
    sys.path.insert(0, str(tmp_path))

    def imported(name: str) -> ModuleType:
        for each in _named_as_here(tmp_path):
            if not _is_from(tmp_path, sys.modules[each]):
                del sys.modules[each]
        importlib.invalidate_caches()
        return importlib.import_module(name)

    yield imported
    sys.path.remove(str(tmp_path))
    for name in _named_as_here(tmp_path):
        del sys.modules[name]
        if name in before:
            sys.modules[name] = before[name]


def _named_as_here(folder: Path) -> list[str]:
    """The modules with the name of a file or folder there, or inside of such a package."""
    names = {path.stem for path in folder.iterdir()}
    return [each for each in sys.modules if each.partition(".")[0] in names]


def _is_from(folder: Path, module: ModuleType) -> bool:
    return (getattr(module, "__file__", None) or "").startswith(str(folder))
