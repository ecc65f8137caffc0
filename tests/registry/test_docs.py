"""docs/registry.md: its settings are the program's, and the tests that it names are there."""

from __future__ import annotations

import re
from pathlib import Path

from tars_registry.app.settings import SETTINGS

HERE = Path(__file__).parent
PAGE = (HERE.parents[1] / "docs" / "registry.md").read_text(encoding="utf-8")


def settings_table() -> str:
    """The table as the settings are."""
    lines = ["| flag | variables | default | |", "|---|---|---|---|"]
    lines += [
        f"| `{each.flag}` | {', '.join(f'`{name}`' for name in each.variables)} "
        f"| {f'`{each.default}`' if each.default else ''} | {each.about} |"
        for each in SETTINGS
    ]
    return "\n".join(lines)


def test_the_settings_are_the_programs() -> None:
    assert settings_table() in PAGE


def test_every_test_that_the_page_names_is_there() -> None:
    names = set(re.findall(r"`(test_\w+\.py)(?:::(\w+))?`", PAGE))
    assert len(names) > 10
    for file, function in names:
        text = (HERE / file).read_text(encoding="utf-8")
        assert f"def {function}(" in text or not function, (file, function)
