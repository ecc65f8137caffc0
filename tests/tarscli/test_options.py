"""Flag over variable over meta file over default; every mistake is named."""

from __future__ import annotations

import pytest
from tars_runtime.errors import UsageError
from tarscli.commands import COMMANDS
from tarscli.options import parse_command_line, parse_size
from tarscli.settings import SETTINGS, of_command


def test_precedence() -> None:
    environment = {"TARS_LOCATOR": "by variable", "TARS_SET_ID": "a.b.c"}
    options = parse_command_line("genconf", ["--locator", "by flag"], environment)
    options.meta({"set_id": "x.y.z", "application": "Demo"})
    assert options.text("locator") == "by flag"
    assert options.text("set_id") == "a.b.c"
    assert options.text("application") == "Demo"
    assert options.text("namespace") == "tars-system"
    origins = {
        key: options.values[key].origin for key in ("locator", "set_id", "application")
    }
    assert origins == {
        "locator": "flag --locator",
        "set_id": "environment TARS_SET_ID",
        "application": "meta file",
    }


def test_an_empty_variable_overrides_a_command_option_but_not_a_process_wide_one() -> (
    None
):
    empty = {"TARS_LOCATOR": "", "TARS_PATH": "", "TARS_SET_ID": ""}
    options = parse_command_line("genconf", [], empty)
    options.meta({"set_id": "a.b.c"})
    assert options.text("set_id") == ""
    assert options.text("tars_path") == "/tars"


def test_all_mistakes_are_listed_with_their_names() -> None:
    environment = {"TARS_REPORT_INTERVAL": "5", "TARS_CHECK_INTERVAL": "0s"}
    with pytest.raises(UsageError) as caught:
        parse_command_line(
            "supervisor", ["--restart-policy=often", "--grace"], environment
        )
    text = str(caught.value)
    assert "TARS_REPORT_INTERVAL=5: expected a whole number and a unit" in text
    assert "TARS_CHECK_INTERVAL=0s: expected at least 0.1 s" in text
    assert "--restart-policy=often: expected one of always, on-failure, never" in text
    assert "--grace: supervisor has no such flag; did you mean --grace-period?" in text
    assert len(text.splitlines()) == 4


def test_a_port_out_of_range_or_unreadable_is_refused() -> None:
    with pytest.raises(UsageError, match=r"TARS_RAND_PORT_MIN=70000: .*at most 65535"):
        parse_command_line("genconf", [], {"TARS_RAND_PORT_MIN": "70000"})
    with pytest.raises(
        UsageError, match="TARS_RAND_PORT_MAX=many: expected a whole number"
    ):
        parse_command_line("genconf", [], {"TARS_RAND_PORT_MAX": "many"})


def test_sizes_texts_and_times_are_read_by_their_kind() -> None:
    words = ["--start-log-size", "8K", "--check-interval", "1500ms", "--once"]
    options = parse_command_line("supervisor", words, {})
    assert options.size("start_log_size") == 8192
    assert options.seconds("check_interval") == 1.5
    assert options.on("once")
    with pytest.raises(UsageError, match="one line without control characters"):
        parse_command_line("supervisor", [], {"TARS_SERVER": "A\nB"})


def test_words_flags_and_the_separator() -> None:
    options = parse_command_line(
        "notify", ["--timeout=2s", "tars.x", "--", "-o", "help"], {}
    )
    assert options.words == ["tars.x", "-o", "help"]
    assert options.seconds("timeout") == 2.0


def test_a_flag_without_its_value() -> None:
    with pytest.raises(UsageError, match="--locator: expected a value behind it"):
        parse_command_line("genconf", ["--locator"], {})


def test_every_default_is_a_value_that_its_own_option_takes() -> None:
    for command in COMMANDS:
        parse_command_line(command.name, [], {})


def test_keys_and_variables_are_unique_and_every_command_is_known() -> None:
    keys = [each.key for each in SETTINGS]
    variables = [each.variable for each in SETTINGS if each.variable]
    names = {each.name for each in COMMANDS} | {"*"}
    assert len(set(keys)) == len(keys)
    assert len(set(variables)) == len(variables)
    assert all(set(each.commands) <= names for each in SETTINGS)
    assert {each.key for each in of_command("hzcheck")} >= {
        "live",
        "ready",
        "tars_path",
    }


@pytest.mark.parametrize(
    ("text", "size"), [("4096", 4096), ("10M", 10 << 20), ("1g", 1 << 30)]
)
def test_sizes(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "M", "1.5M", "-1K", "10MB"])
def test_sizes_that_are_none(text: str) -> None:
    with pytest.raises(ValueError, match="10M"):
        parse_size(text)
