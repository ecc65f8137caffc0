"""Commands of the admin object: a table of names, functions and one-line descriptions.

A command line is a name and words, parted by blanks. Whatever goes wrong is told in the answer:
a command never raises to its caller and never ends the server.
"""

from __future__ import annotations

import inspect
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeAlias

from tars_runtime.errors import TarsError, UsageError

__all__ = ["Command", "CommandTable"]

log = logging.getLogger("tars.admin")

Command: TypeAlias = Callable[[list[str]], Awaitable[str] | str]


@dataclass(frozen=True, slots=True)
class Row:
    """One command."""

    run: Command
    about: str


class CommandTable:
    """The commands of one server."""

    def __init__(self) -> None:
        self._rows: dict[str, Row] = {}
        self.add("tars.help", lambda _: self.help(), "list the commands")

    def add(self, name: str, run: Command, about: str) -> None:
        """Add a command, or replace one; raises `UsageError` for a name with blanks."""
        if not name or name.split() != [name]:
            raise UsageError(f"expected a command's name without blanks, got {name!r}")
        self._rows[name] = Row(run, about.partition("\n")[0])

    def help(self) -> str:
        """Every command with what it does."""
        width = max(map(len, self._rows))
        return "\n".join(
            f"{name:{width}}  {row.about}".rstrip()
            for name, row in sorted(self._rows.items())
        )

    async def run(self, line: str) -> str:
        """Run a command line; the answer says what happened, also when it failed."""
        name, *words = line.split() or [""]
        row = self._rows.get(name)
        if row is None:
            return f"expected a command, got {name[:100]!r}: tars.help lists them"
        try:
            answer = row.run(words)
            return await answer if inspect.isawaitable(answer) else answer
        except TarsError as error:
            return f"{name} failed: {error}"
        except Exception as error:
            log.exception("%s failed", name)
            return f"{name} failed: {type(error).__name__}, see the log"
