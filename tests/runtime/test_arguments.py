"""How a server finds its configuration file."""

from __future__ import annotations

import subprocess
import sys

import pytest
from tars_runtime.application.arguments import config_path
from tars_runtime.errors import ConfigError


@pytest.mark.parametrize(
    ("arguments", "environment"),
    [
        pytest.param(["--config=a.conf"], {}, id="equals"),
        pytest.param(["-v", "--config", "a.conf"], {}, id="next word"),
        pytest.param([], {"TARS_CONFIG": "a.conf"}, id="variable"),
        pytest.param(["--config=a.conf"], {"TARS_CONFIG": "b.conf"}, id="flag first"),
        pytest.param(["--config"], {"TARS_CONFIG": "a.conf"}, id="flag without a file"),
    ],
)
def test_the_file_is_found(arguments: list[str], environment: dict[str, str]) -> None:
    assert config_path(arguments, environment) == "a.conf"


def test_without_a_file_the_error_says_how_to_name_one() -> None:
    with pytest.raises(ConfigError, match=r"--config=FILE or set TARS_CONFIG"):
        config_path(["--verbose"], {"TARS_CONFIG": ""})


def test_a_program_ends_with_one_line_and_code_two() -> None:
    program = (
        "from tars_runtime.application import Application; Application.from_arguments()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "--config=missing.conf"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "missing.conf" in done.stderr
