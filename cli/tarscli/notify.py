"""``tarscli notify``: an admin command for the server of this pod."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tarscli.admin import Admin
from tarscli.console import say, say_json
from tarscli.info import load_info
from tarscli.journal import note
from tarscli.layout import Layout
from tarscli.options import Options

__all__ = ["run"]


def run(options: Options) -> int:
    """The command: the words are sent as one line; the answer is printed."""
    layout = Layout(Path(options.text("tars_path")))
    info = load_info(layout.info)
    command = " ".join(options.words)
    answer = asyncio.run(Admin(info).notify(command, options.seconds("timeout")))
    note(layout.command_log, "notify", f"{command}: {answer}")
    if options.text("output") == "json":
        say_json({"command": command, "answer": answer})
    else:
        say(f"notify succ:{answer}")
    return 0
