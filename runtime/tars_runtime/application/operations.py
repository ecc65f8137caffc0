"""Commands for who operates a server: dyeing, the locator, and what the process is doing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tars_runtime.admin.inspect import resources, stacks
from tars_runtime.config import ClientConfig, Config

if TYPE_CHECKING:
    from tars_runtime.application.application import Application

__all__ = ["add_operations"]


def add_operations(app: Application) -> None:
    """Add them to the server's table."""

    def reload_locator(_: list[str]) -> str:
        if app.file is None:
            return "no configuration file to read again"
        app.file = Config.load(app.file.source)
        locator = ClientConfig.from_config(app.file).locator
        app.communicator.relocate(locator)
        return f"the locator is {locator or 'none'}"

    add = app.commands.add
    add("tars.setdyeing", app.dyeing.set, "KEY OBJECT [FUNCTION]: dye such requests")
    add("tars.reloadlocator", reload_locator, "read the locator again")
    add("tars.loadproperty", reload_locator, "read the client's locator again")
    add("tars.resource", lambda _: resources(), "show memory, time, files and threads")
    add("tars.dumpstack", lambda _: stacks(), "show where threads and tasks stand")
