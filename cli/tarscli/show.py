"""``tarscli config show``: every option with its value and where that comes from."""

from __future__ import annotations

from pathlib import Path

from tars_runtime.errors import UsageError

from tarscli.console import say, say_json, table
from tarscli.layout import Layout
from tarscli.meta import load_meta, meta_values
from tarscli.options import Options, Value, parse_command_line
from tarscli.settings import SETTINGS

__all__ = ["effective", "run"]


def run(options: Options) -> int:
    """The command; reads the environment as the supervisor would."""
    if options.words not in ([], ["show"]):
        raise UsageError(f"expected config show, got config {' '.join(options.words)}")
    values = effective(options)
    if options.text("output") == "json":
        say_json(
            {
                key: {"value": each.text, "origin": each.origin}
                for key, each in values.items()
            }
        )
        return 0
    rows = [("option", "value", "origin")]
    rows += [(key, each.text or "-", each.origin) for key, each in values.items()]
    for line in table(rows):
        say(line)
    return 0


def effective(options: Options) -> dict[str, Value]:
    """Options that have a variable, with the meta file's and the default values."""
    layout = Layout(Path(options.text("tars_path")))
    server, given = load_meta(layout.meta)
    defaults = meta_values(server)
    found: dict[str, Value] = {}
    commands = dict.fromkeys(
        name
        for each in SETTINGS
        if each.variable
        for name in each.commands
        if name != "*"
    )
    for command in commands:
        parsed = parse_command_line(command, [], options.environment)
        parsed.meta(given)
        found.update(parsed.values)
    found["tars_path"] = options.values["tars_path"]
    for each in SETTINGS:
        if each.meta and not found[each.key].text:
            found[each.key] = Value(str(defaults[each.meta]), "default")
    return {each.key: found[each.key] for each in SETTINGS if each.variable}
