"""The settings as the tables of docs/tarscli.md: ``python -m tarscli.reference``."""

from __future__ import annotations

from collections.abc import Iterator

from tarscli.commands import COMMANDS
from tarscli.console import say
from tarscli.settings import SETTINGS, Kind, Setting

__all__ = ["reference"]


def reference() -> str:
    """Both tables, commands and options, in Markdown."""
    return "\n".join([*_commands(), "", *_settings()]) + "\n"


def _commands() -> Iterator[str]:
    yield "| command | what it does |"
    yield "|---|---|"
    for each in COMMANDS:
        words = f" {each.words}" if each.words else ""
        yield f"| `tarscli {each.name}{_cell(words)}` | {_cell(each.help)} |"


def _settings() -> Iterator[str]:
    yield "| flag | variable | type | default | meaning | commands |"
    yield "|---|---|---|---|---|---|"
    for each in SETTINGS:
        variable = f"`{each.variable}`" if each.variable else ""
        yield (
            f"| `{each.flag}` | {variable} | {_kind(each)} | {_default(each)} "
            f"| {_cell(each.help)}{_bounds(each)} | {_users(each)} |"
        )


def _cell(text: str) -> str:
    """As a table of Markdown takes it."""
    return text.replace("|", "\\|")


def _kind(setting: Setting) -> str:
    return " / ".join(setting.choices) if setting.choices else setting.kind.value


def _default(setting: Setting) -> str:
    if setting.meta:
        return f"`{setting.meta}` of the meta file"
    if setting.kind is Kind.SWITCH:
        return "on" if setting.default == "1" else "off"
    return f"`{setting.default}`" if setting.default else ""


def _bounds(setting: Setting) -> str:
    if setting.kind is Kind.TIME and setting.low:
        return f"; at least {setting.low:g} s"
    if setting.kind is Kind.NUMBER and setting.high is not None:
        return f"; {setting.low:g} to {setting.high:g}"
    return ""


def _users(setting: Setting) -> str:
    return "all" if "*" in setting.commands else ", ".join(setting.commands)


if __name__ == "__main__":
    say(reference().rstrip("\n"))
