"""The compiler keeps the contract: the example becomes the package beside it, byte for byte."""

from __future__ import annotations

from pathlib import Path

import pytest
from tars2py.pipeline import compile_files

ROOT = Path(__file__).parents[2]
CONTRACTS = ROOT / "docs" / "contracts"
INTERFACES = ROOT / "runtime" / "tars_runtime" / "interfaces"


def contents(folder: Path) -> dict[str, str]:
    """Every file below a folder, by its path in it."""
    return {
        str(path.relative_to(folder)): path.read_text(encoding="utf-8")
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_the_example_of_the_contracts(tmp_path: Path) -> None:
    compile_files([CONTRACTS / "greeter.tars"], tmp_path)
    assert contents(tmp_path / "Demo") == contents(CONTRACTS / "Demo")


def test_the_frameworks_interfaces_are_what_the_compiler_makes_of_them(
    tmp_path: Path,
) -> None:
    """``make stubs`` writes them; a difference means that it was not run."""
    files = sorted((INTERFACES / "idl").glob("*.tars"))
    result = compile_files(files, tmp_path, package="tars_runtime.interfaces")
    assert not result.warnings
    assert contents(tmp_path / "tars") == contents(INTERFACES / "tars")


@pytest.mark.parametrize("reverse", [False, True])
def test_one_file_at_a_time_makes_the_same_module(
    tmp_path: Path, reverse: bool
) -> None:
    """A second run keeps what the first one wrote, whatever the order."""
    files = sorted((INTERFACES / "idl").glob("*.tars"), reverse=reverse)
    for file in files:
        compile_files([file], tmp_path, package="tars_runtime.interfaces")
    assert contents(tmp_path / "tars") == contents(INTERFACES / "tars")
