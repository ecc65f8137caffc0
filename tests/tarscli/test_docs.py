"""The pages say what the code does."""

from __future__ import annotations

import re
from pathlib import Path

from tarscli.commands import COMMANDS
from tarscli.main import EXIT_CODES
from tarscli.reference import reference

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "tarscli.md").read_text()


def test_the_tables_are_printed_from_the_code() -> None:
    printed = PAGE.split("<!-- reference -->\n")[1].split("<!-- /reference -->")[0]
    assert printed == reference()


def test_every_defect_has_tests_that_exist() -> None:
    rows = re.findall(r"^\| (\d+|merge) \| [^|]+ \| ([^|]+) \|$", PAGE, re.MULTILINE)
    assert [number for number, _ in rows if number != "merge"] == [
        str(each) for each in range(1, 58)
    ]
    for number, cell in rows:
        file = ""
        names = re.findall(r"`(?:(test_\w+)::)?(test_\w+)`", cell)
        assert names, number
        for module, name in names:
            file = module or file
            text = (Path(__file__).parent / f"{file}.py").read_text()
            assert f"def {name}(" in text, (number, file, name)


def test_every_command_and_exit_code_is_explained() -> None:
    for command in COMMANDS:
        assert f"`tarscli {command.name}" in PAGE
    for _, code in EXIT_CODES:
        assert f"| {code} |" in PAGE


def test_the_migration_page_is_linked() -> None:
    assert "(migration.md)" in PAGE
    assert (DOCS / "migration.md").exists()
