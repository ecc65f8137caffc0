"""docs/registry.md: settings, commands, pages and metrics are the program's; its tests exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tars_registry.app.client import COMMANDS
from tars_registry.app.settings import SETTINGS
from tars_registry.core.memory import Memory
from tars_registry.http import metrics
from tars_registry.http.pages import Site
from tars_registry.table.leases import LeaseClock

HERE = Path(__file__).parent
PAGE = (HERE.parents[1] / "docs" / "registry.md").read_text(encoding="utf-8")

ROW = re.compile(r"^\|(.+)\|(.+)\|(.+)\|(.+)\|$", re.M)
TEST = re.compile(r"`(test_\w+\.py)::(\w+)`")


def section(title: str) -> str:
    """A part of the page."""
    return PAGE.split(f"\n## {title}\n")[1].split("\n## ")[0]


def settings_table() -> str:
    """The table as the settings are."""
    lines = ["| flag | variables | default | |", "|---|---|---|---|"]
    lines += [
        f"| `{each.flag}` | {', '.join(f'`{name}`' for name in each.variables)} "
        f"| {f'`{each.default}`' if each.default else ''} | {each.about} |"
        for each in SETTINGS
    ]
    return "\n".join(lines)


def compared() -> list[tuple[str, str]]:
    """The rows of the comparison: the behaviour, and what holds our column."""
    part = section("Compared with the originals")
    rows = [(row[1].strip(), row[4].strip()) for row in ROW.finditer(part)]
    return [row for row in rows if row[0] != "behaviour" and "---" not in row[0]]


def test_the_settings_are_the_programs() -> None:
    assert settings_table() in PAGE


def test_it_compares_row_by_row() -> None:
    assert len(compared()) > 60


@pytest.mark.parametrize(("behaviour", "tests"), compared())
def test_each_row_has_tests_that_are_there(behaviour: str, tests: str) -> None:
    named = TEST.findall(tests)
    assert ", ".join(f"`{file}::{name}`" for file, name in named) == tests
    for file, name in named:
        text = (HERE / file).read_text(encoding="utf-8")
        assert re.search(rf"^(async )?def {name}\(", text, re.M), (behaviour, name)


def test_the_commands_are_the_programs() -> None:
    part = section("Commands")
    told = set(re.findall(r"^\| `tarsregistry (\w+)|`(import) FILE", part, re.M))
    assert {one or other for one, other in told} == {"serve", "migrate", *COMMANDS}


async def test_the_pages_are_there() -> None:
    part = section("HTTP")
    paths = set(re.findall(r"`(/[a-z/]+)[`?]", part))
    site = Site(Memory(LeaseClock(1.0, 0.0)), lambda: iter(()))
    assert len(paths) > 6
    for path in paths:
        query = {"object": "A.B.C"} if path == "/resolve" else {}
        assert await site(path, query) is not None, path


def test_the_metrics_are_there() -> None:
    code = Path(metrics.__file__).read_text(encoding="utf-8")
    for name in set(re.findall(r"tarsregistry_([a-z_]+)", PAGE)):
        assert name in code or f'"{name.removesuffix("_total")}"' in code, name
