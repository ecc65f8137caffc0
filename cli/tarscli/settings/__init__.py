"""Every option of tarscli, in one table: flag, variable, meta key, default, unit, help.

Help texts, ``config show``, completion and the reference page are printed from it, so that
they cannot disagree. An option's value comes from its flag, else its variable, else the meta
file, else the default.
"""

from __future__ import annotations

from tarscli.settings.configuration import CONFIGURATION
from tarscli.settings.model import Kind, Setting
from tarscli.settings.others import OTHERS
from tarscli.settings.supervision import SUPERVISION

__all__ = ["SETTINGS", "Kind", "Setting", "of_command"]

SETTINGS = (*CONFIGURATION, *SUPERVISION, *OTHERS)


def of_command(name: str) -> tuple[Setting, ...]:
    """The options that the command ``name`` knows, in the order of the table."""
    return tuple(
        each for each in SETTINGS if name in each.commands or "*" in each.commands
    )
