"""Commands for who operates a server: dyeing, the locator, and what the process is doing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tars_runtime.admin.inspect import resources, stacks
from tars_runtime.communicator.communicator import LIVE
from tars_runtime.config import ClientConfig, Config
from tars_runtime.errors import ConfigError

if TYPE_CHECKING:
    from tars_runtime.application.application import Application

__all__ = ["add_operations"]


def add_operations(app: Application) -> None:
    """Add them to the server's table."""

    def read_again() -> ClientConfig:
        if app.file is None:
            raise ConfigError("expected a configuration file to read again, got none")
        app.file = Config.load(app.file.source)
        return ClientConfig.from_config(app.file)

    def reload_locator(_: list[str]) -> str:
        locator = read_again().locator
        app.communicator.relocate(locator)
        return f"the locator is {locator or 'none'}"

    def load_property(_: list[str]) -> str:
        config = read_again()
        app.communicator.adopt(config)
        values = ((name, getattr(config, name)) for name in LIVE)
        return "\n".join(f"{name}: {value}" for name, value in values)

    add = app.commands.add
    add("tars.setdyeing", app.dyeing.set, "KEY OBJECT [FUNCTION]: dye such requests")
    add("tars.reloadlocator", reload_locator, "read the locator again")
    add(
        "tars.loadproperty",
        load_property,
        f"read the client's settings again: {', '.join(LIVE)}",
    )
    add("tars.resource", lambda _: resources(), "show memory, time, files and threads")
    add("tars.dumpstack", lambda _: stacks(), "show where threads and tasks stand")
