"""The grammar of times: one integer, one unit."""

from __future__ import annotations

import pytest
from tarscli.durations import parse_duration, show_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("", 0.0),
        ("0", 0.0),
        ("0s", 0.0),
        ("10s", 10.0),
        ("+2m", 120.0),
        ("-3s", -3.0),
        ("250ms", 0.25),
        ("007h", 25200.0),
        ("1d", 86400.0),
        ("5us", 5e-6),
        ("9ns", 9e-9),
    ],
)
def test_reads_what_the_go_tool_reads(text: str, seconds: float) -> None:
    assert parse_duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize(
    "text",
    ["5", "ms", "s", "1.5s", "1h30m", "10S", " 10s", "10s ", "1e3s", "1_0s", "٣s"],
)
def test_refuses_what_the_go_tool_refuses(text: str) -> None:
    with pytest.raises(ValueError, match="whole number"):
        parse_duration(text)


def test_a_huge_time_does_not_wrap_around() -> None:
    with pytest.raises(ValueError, match="100 years"):
        parse_duration("99999999999999999d")


@pytest.mark.parametrize("text", ["30s", "2m", "250ms", "1h", "0s"])
def test_shows_what_it_reads(text: str) -> None:
    assert show_duration(parse_duration(text)) == text
