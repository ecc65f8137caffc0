"""docs/interop.md shows the table that the tests are made of."""

from __future__ import annotations

from pathlib import Path

from tests.interop import matrix

PAGE = Path(__file__).parents[2] / "docs" / "interop.md"


def test_the_page_shows_the_matrix() -> None:
    text = PAGE.read_text()
    _, begins, rest = text.partition(matrix.PAGE_BEGINS)
    shown, ends, _ = rest.partition(matrix.PAGE_ENDS)
    assert begins, "the page has lost the mark before the matrix"
    assert ends, "the page has lost the mark behind the matrix"
    assert shown.strip() == matrix.page(), (
        "expected the matrix of tests/interop/matrix.py in docs/interop.md, got another: "
        "run `python -m tests.interop.matrix`"
    )


def test_each_limit_has_a_reason_and_each_reason_a_limit() -> None:
    assert set(matrix.LIMITS.values()) == set(matrix.REASONS)


def test_limits_stand_at_cells_of_the_table() -> None:
    names = {row.name: row for row in (*matrix.CALLS, *matrix.SCENARIOS)}
    columns = {(each.language, each.role) for each in matrix.COLUMNS}
    for name, language, role in matrix.LIMITS:
        assert role in names[name].roles
        assert (language, role) in columns
