"""The page on the wire names just the differences that the tests accept."""

from __future__ import annotations

from pathlib import Path

from tests.interop.codec.rules import EXCLUDED, RULES

PAGE = Path(__file__).parents[3] / "docs" / "wire.md"
NAMES = {"go": "TarsGo", "node": "@tars/stream", "java": "TarsJava", "tarsio": "tarsio"}


def table(heading: str) -> dict[str, set[str]]:
    """The table with this first heading: its first column to the peers in its second."""
    lines = iter(PAGE.read_text(encoding="utf-8").splitlines())
    assert any(line.startswith(f"| {heading} |") for line in lines)
    next(lines)  # the rule below the heading
    rows: dict[str, set[str]] = {}
    for line in lines:
        if not line.startswith("|"):
            break
        first, second, *_ = (cell.strip() for cell in line.strip("|").split("|"))
        rows[first] = set(second.split(", "))
    return rows


def test_the_accepted_differences_are_the_rules() -> None:
    rules = {name: {NAMES[peer] for peer in rule.peers} for name, rule in RULES.items()}
    assert table("rule") == rules


def test_what_is_not_exchanged_is_what_peers_cannot_carry() -> None:
    peers = set().union(*table("not exchanged").values())
    assert peers == {NAMES[peer] for peer in EXCLUDED}
