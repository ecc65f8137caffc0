"""mypy, pyright (both strict), ruff and black have nothing to say about any output.

All accepted cases, the example of the contracts with servant and command line, and the
framework's interfaces are compiled into one folder, which each checker sees once.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from tars2py.cli import main

ROOT = Path(__file__).parents[2]
CASES = sorted((ROOT / "tests" / "idl").iterdir())
USER = (
    "docs/contracts/greeter.tars",
    "runtime/tars_runtime/interfaces/idl/AdminF.tars",
    "runtime/tars_runtime/interfaces/idl/QueryF.tars",
)
NAMES_OF_THE_IDL = "A001,A002,A003,A004,E741,N,RUF001,RUF002,RUF003,D"
"""Rules about names and texts that are the author's, not ours."""


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("everything")
    with pytest.MonkeyPatch.context() as patch:
        for case in CASES:
            patch.chdir(case)
            package = f"case_{case.name}"
            (folder / package).mkdir()
            (folder / package / "__init__.py").write_text("")
            options = ["-I", "include"] if (case / "include").is_dir() else []
            out = ["-o", str(folder / package), "--package", package]
            assert main(["main.tars", *options, *out]) == 0
        for file in USER:
            out = ["-o", str(folder), "--servant", "--cli"]
            assert main([str(ROOT / file), *out]) == 0
    settings = {
        "typeCheckingMode": "strict",
        "pythonVersion": "3.11",
        "extraPaths": [str(ROOT / "runtime")],
        "venvPath": str(Path(sys.prefix).parent),
        "venv": Path(sys.prefix).name,
    }
    (folder / "pyrightconfig.json").write_text(json.dumps(settings))
    return folder


def silent(folder: Path, *command: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_black(everything: Path) -> None:
    silent(everything, "black", "--check", "--quiet", "--target-version=py311", ".")


def test_ruff(everything: Path) -> None:
    rules = "A,ARG,B,C4,E,F,I,ISC,PIE,PT,RET,RUF,SIM,T20,UP,W"
    silent(
        everything,
        *("ruff", "check", "--isolated", "--no-cache", "--target-version=py311"),
        "--line-length=100",  # black's 88, and room for what cannot be broken
        *(f"--select={rules}", f"--ignore={NAMES_OF_THE_IDL}", "."),
    )


def test_mypy(everything: Path) -> None:
    silent(everything, "mypy", "--strict", "--cache-dir=.mypy", ".")


def test_pyright(everything: Path) -> None:
    silent(everything, "pyright", ".")
