"""The help texts, printed from the tables of commands and settings."""

from __future__ import annotations

import os

from tarscli.commands import COMMANDS, Command
from tarscli.console import say
from tarscli.settings import Setting, of_command

__all__ = ["command_help", "option_lines", "overview"]


def overview() -> None:
    """The help of all commands: one line each, then each one's own."""
    say("tarscli: configures, supervises, probes and drains one TARS server\n")
    say("Usage:\n  tarscli COMMAND [flags]\n\nCommands:")
    for each in COMMANDS:
        say(f"  {each.name:<12}{each.help}")
    say("\ntarscli COMMAND --help says more about one.\n")
    for each in COMMANDS:
        say(f"------ {each.name} -----")
        _command(each, {})


def command_help(command: Command) -> None:
    """The help of one command: usage, variables with defaults, flags, examples."""
    uses_meta = any(each.meta for each in of_command(command.name))
    _command(command, _meta_values() if uses_meta else {})


def _command(command: Command, meta: dict[str, str]) -> None:
    settings = of_command(command.name)
    words = f" {command.words}" if command.words else ""
    say(f"{command.help}\n\nUsage:\n  {command.name} [flags]{words}\n")
    say("Available environment variables:")
    for each in settings:
        if each.variable:
            say("  " + _variable(each, meta.get(each.meta) or each.default))
    say("\nFlags (each goes over its variable):")
    for line in option_lines(settings):
        say("  " + line)
    if command.examples:
        say("\nExamples:")
        for example in command.examples:
            say("  " + example)
    say("")


def option_lines(settings: tuple[Setting, ...]) -> list[str]:
    """``--flag TYPE  help``, aligned."""
    heads = [
        each.flag
        + ("" if each.kind.value == "switch" else f" {each.kind.value.upper()}")
        for each in settings
    ]
    width = max(map(len, heads), default=0)
    return [
        f"{head.ljust(width)}  {each.help if not each.variable else each.variable}"
        for head, each in zip(heads, settings, strict=True)
    ]


def _variable(setting: Setting, default: str) -> str:
    kind = "int" if setting.kind.value == "int" else setting.kind.value
    choices = f" ({', '.join(setting.choices)})" if setting.choices else ""
    shown = f" (default {default})" if default else ""
    return f"{setting.variable} {kind}    {setting.help}{choices}.{shown}"


def _meta_values() -> dict[str, str]:
    """The meta file's values, which are defaults; a broken file is not help's matter."""
    from pathlib import Path

    from tars_runtime.errors import ConfigError

    from tarscli.layout import Layout
    from tarscli.meta import load_meta, meta_values

    layout = Layout(Path(os.environ.get("TARS_PATH") or "/tars"))
    try:
        server, _ = load_meta(layout.meta)
    except ConfigError:
        return {}
    return {key: str(value) for key, value in meta_values(server).items()}
