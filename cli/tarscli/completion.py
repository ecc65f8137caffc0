"""``tarscli completion``: the shells' scripts, printed from the tables of commands and options."""

from __future__ import annotations

from tars_runtime.errors import UsageError

from tarscli.commands import COMMANDS
from tarscli.console import say
from tarscli.options import Options
from tarscli.settings import of_command

__all__ = ["run"]

_ZSH_APOSTROPHE = r"'\''"


def run(options: Options) -> int:
    """The command."""
    shell = options.words[0] if len(options.words) == 1 else ""
    if shell not in _SCRIPTS:
        raise UsageError(
            f"expected one of {', '.join(_SCRIPTS)}, got {shell or 'nothing'}"
        )
    say(_SCRIPTS[shell]().rstrip("\n"))
    return 0


def _quoted(text: str, apostrophe: str) -> str:
    """``text`` in single quotes; how one says an apostrophe there depends on the shell."""
    return "'" + text.replace("'", apostrophe) + "'"


def _flags(command: str) -> str:
    return " ".join(each.flag for each in of_command(command))


def _bash() -> str:
    names = " ".join(each.name for each in COMMANDS)
    cases = "".join(
        f'    {each.name}) words="{_flags(each.name)}" ;;\n' for each in COMMANDS
    )
    return f"""\
_tarscli() {{
  local words="{names}"
  if [ "$COMP_CWORD" -gt 1 ]; then
    case "${{COMP_WORDS[1]}}" in
{cases}    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "${{COMP_WORDS[COMP_CWORD]}}"))
}}
complete -o default -F _tarscli tarscli
"""


def _zsh() -> str:
    # A colon ends the name, so that those of the description have a backslash.
    helps = {each.name: each.help.replace(":", r"\:") for each in COMMANDS}
    names = " ".join(
        f"{name}:{_quoted(text, _ZSH_APOSTROPHE)}" for name, text in helps.items()
    )
    cases = "".join(
        f"    {each.name}) compadd -- {_flags(each.name)} ;;\n" for each in COMMANDS
    )
    return f"""\
#compdef tarscli
_tarscli() {{
  local -a commands=({names})
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  case $words[2] in
{cases}  esac
}}
compdef _tarscli tarscli
"""


def _fish() -> str:
    lines = ["complete -c tarscli -f"]
    for each in COMMANDS:
        lines.append(
            f"complete -c tarscli -n __fish_use_subcommand -a {each.name} "
            f"-d {_fish_quoted(each.help)}"
        )
        for setting in of_command(each.name):
            lines.append(
                f"complete -c tarscli -n '__fish_seen_subcommand_from {each.name}' "
                f"-l {setting.flag[2:]} -d {_fish_quoted(setting.help)}"
            )
    return "\n".join(lines) + "\n"


def _fish_quoted(text: str) -> str:
    return _quoted(text, r"\'")


_SCRIPTS = {"bash": _bash, "zsh": _zsh, "fish": _fish}
