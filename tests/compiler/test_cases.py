"""The language, case by case: `tests/idl` is accepted, `tests/idl_errors` is refused.

A case is a folder named after the trap that it guards. ``main.tars`` is compiled (or the files
that ``inputs`` names, with the options of ``options``; ``include`` is an include directory). In
an accepted case ``expected.txt`` holds pieces of the output, ``---`` between them, and
``warnings.txt`` all warnings; in a refused case ``expected.txt`` holds every message.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from tars2py.cli import main

TESTS = Path(__file__).parents[1]
ACCEPTED = sorted((TESTS / "idl").iterdir())
REFUSED = sorted((TESTS / "idl_errors").iterdir())


def name(case: Path) -> str:
    return case.name


def arguments(case: Path) -> list[str]:
    """The command line of a case, from within its folder."""
    inputs, options = case / "inputs", case / "options"
    given = inputs.read_text().split() if inputs.exists() else ["main.tars"]
    given += shlex.split(options.read_text()) if options.exists() else []
    return given + (["-I", "include"] if (case / "include").is_dir() else [])


@pytest.mark.parametrize("case", ACCEPTED, ids=name)
def test_accepted(
    case: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    load: Callable[[str], ModuleType],
) -> None:
    monkeypatch.chdir(case)
    package = f"case_{case.name}"
    out = tmp_path / package
    code = main([*arguments(case), "-o", str(out), "--package", package])
    warnings = case / "warnings.txt"
    shown = capsys.readouterr().err
    assert shown == (warnings.read_text() if warnings.exists() else "")
    assert code == 0
    text = "".join(path.read_text() for path in sorted(out.rglob("*.py")))
    for piece in (case / "expected.txt").read_text().rstrip("\n").split("\n---\n"):
        assert piece in text.replace(f"{package}.", "")
    for module in [path.parent.name for path in out.rglob("__init__.py")]:
        for each in (package_of := load(f"{package}.{module}")).__all__:
            assert hasattr(package_of, each)


@pytest.mark.parametrize("case", REFUSED, ids=name)
def test_refused(
    case: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(case)
    assert main([*arguments(case), "-o", str(tmp_path / "out")]) == 1
    captured = capsys.readouterr()
    assert captured.err == (case / "expected.txt").read_text()
    assert captured.out == ""
    assert not list(tmp_path.iterdir()), "nothing is written after an error"
