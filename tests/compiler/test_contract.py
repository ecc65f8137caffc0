"""The compiler keeps the contract: the example becomes the package beside it, byte for byte."""

from __future__ import annotations

from pathlib import Path

import pytest
from tars2py.pipeline.compile import compile_files
from tars_runtime.interfaces import tars
from tars_runtime.interfaces.framework import tars as framework

ROOT = Path(__file__).parents[2]
CONTRACTS = ROOT / "docs" / "contracts"
INTERFACES = ROOT / "runtime" / "tars_runtime" / "interfaces"
IDL = INTERFACES / "idl"


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


@pytest.mark.parametrize(
    ("files", "package"),
    [("*.tars", ""), ("framework/*.tars", "framework")],
    ids=["servant", "framework"],
)
def test_the_frameworks_interfaces_are_what_the_compiler_makes_of_them(
    tmp_path: Path, files: str, package: str
) -> None:
    """``make stubs`` writes them; a difference means that it was not run."""
    result = compile_files(
        sorted(IDL.glob(files)),
        tmp_path,
        include=[IDL],
        package=f"tars_runtime.interfaces.{package}".rstrip("."),
    )
    assert not result.warnings
    assert contents(tmp_path / "tars") == contents(INTERFACES / package / "tars")


def test_every_interface_of_the_framework_can_be_imported() -> None:
    for package in (tars, framework):
        for name in package.__all__:
            value = getattr(package, name)
            home = getattr(value, "__module__", "")
            assert isinstance(value, int) or home.startswith(package.__name__)


@pytest.mark.parametrize("reverse", [False, True])
def test_one_file_at_a_time_makes_the_same_module(
    tmp_path: Path, reverse: bool
) -> None:
    """A second run keeps what the first one wrote, whatever the order."""
    files = sorted(IDL.glob("*.tars"), reverse=reverse)
    for file in files:
        compile_files([file], tmp_path, package="tars_runtime.interfaces")
    assert contents(tmp_path / "tars") == contents(INTERFACES / "tars")
