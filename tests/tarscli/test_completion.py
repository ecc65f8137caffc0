"""``tarscli completion``: each script, asked in its shell where that is there."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from tarscli.commands import COMMANDS

from tests.tarscli.room import Room

ASKED = {
    "bash": """
COMP_WORDS=($@); COMP_CWORD=$(($# - 1)); _tarscli; printf '%s\\n' "${COMPREPLY[@]}"
""",
    "zsh": """
_describe() { print -l -- ${(P)2} }; compadd() { print -l -- ${@:#--} }
words=($@); CURRENT=$#; _tarscli
""",
    "fish": """complete -C "$argv" """,
}
"""Behind a shell's script: what would it complete the words that it is called with to?"""


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_in_each_shell(room: Room, tmp_path: Path, shell: str) -> None:
    done = room.run("completion", shell)
    assert done.returncode == 0
    for command in COMMANDS:
        assert command.name in done.stdout
    found = shutil.which(shell)
    if found is None:
        pytest.skip(f"{shell} is not installed, its script was not tried")
    before = "compdef() { : }\n" if shell == "zsh" else ""
    script = tmp_path / "script"
    script.write_text(before + done.stdout + ASKED[shell])

    def completed(*words: str) -> str:
        asked = [" ".join(words)] if shell == "fish" else words
        return subprocess.run(
            [found, script, *asked],
            env={**os.environ, "HOME": str(tmp_path)},
            text=True,
            capture_output=True,
            check=True,
        ).stdout

    commands = completed("tarscli", "pre")
    assert "prestop" in commands
    if shell != "bash":  # which shows names alone
        assert "leave the registry and wait until no client calls any more" in commands
    flags = completed("tarscli", "prestop", "--dr")
    assert "--drain-min" in flags
    assert "--probe-port" not in flags


def test_completion_of_an_unknown_shell(room: Room) -> None:
    assert "expected one of bash, zsh, fish" in room.run("completion", "tcsh").stderr
