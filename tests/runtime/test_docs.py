"""The pages say what the code does: settings, return codes, and examples that run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tars_runtime.application import Application
from tars_runtime.config.reference import page
from tars_runtime.protocol.codes import MEANINGS

DOCS = Path(__file__).resolve().parents[2] / "docs"


def test_the_reference_page_is_the_one_that_the_settings_give() -> None:
    written = (DOCS / "runtime-configuration.md").read_text(encoding="utf-8")
    assert (
        written == page()
    ), "python -m tars_runtime.config > docs/runtime-configuration.md"


@pytest.mark.parametrize("code", MEANINGS, ids=str)
def test_every_return_code_is_explained(code: int) -> None:
    text = (DOCS / "runtime-errors.md").read_text(encoding="utf-8")
    assert f"| {int(code)} | {MEANINGS[code]} |" in text  # type: ignore[index]


def test_every_admin_command_is_explained() -> None:
    text = (DOCS / "runtime-server.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"`((?:tars\.|pre)\w+)", text))
    names = {line.split()[0] for line in Application().commands.help().splitlines()}
    assert names <= listed


@pytest.mark.parametrize("name", sorted(each.name for each in DOCS.glob("runtime*.md")))
def test_examples_are_python(name: str) -> None:
    text = (DOCS / name).read_text(encoding="utf-8")
    for number, code in enumerate(re.findall(r"```python\n(.*?)```", text, re.DOTALL)):
        compile(code, f"{name}, example {number + 1}", "exec", flags=0x2000)


def test_every_weakness_has_a_test_that_exists() -> None:
    text = (DOCS / "runtime-hostile.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (S\d+)? *\|.*\| ([^|]+) \|$", text, re.M)
    assert rows.pop(0) == ("", "test")
    assert [name for name, _ in rows if name] == [f"S{n}" for n in range(1, 26)]
    here = Path(__file__).resolve().parent
    for _, cell in rows:
        named = re.findall(r"`([\w/]+\.py)::(\w+)`", cell)
        assert named, cell
        for file, test in named:
            assert f"def {test}(" in (here / file).read_text(encoding="utf-8"), test
