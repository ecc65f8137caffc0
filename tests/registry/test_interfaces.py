"""The committed interfaces are what the compiler makes of ``idl/``."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import tars_registry

HOME = Path(tars_registry.__file__).parent


@pytest.mark.parametrize(("file", "module"), [("Manage.tars", "TarsRegistry")])
def test_a_compilation_finds_no_difference(
    tmp_path: Path, file: str, module: str
) -> None:
    subprocess.run(
        [
            sys.executable,
            "-c",
            "from tars2py.cli import main; raise SystemExit(main())",
            str(HOME / "idl" / file),
            "--out",
            str(tmp_path),
            "--package",
            "tars_registry.interfaces",
        ],
        check=True,
    )
    for made in (tmp_path / module).glob("*.py"):
        kept = HOME / "interfaces" / module / made.name
        assert made.read_text() == kept.read_text()
