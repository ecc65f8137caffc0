"""Dyed calls: what is logged while one is served is copied to one file for all servers of a node.

The flag is the request's own (``iMessageType`` 4), so that a dyed call can be followed through
every server that it reaches.
"""

from __future__ import annotations

import logging

from tars_runtime.protocol import Flag
from tars_runtime.rpc.current import CURRENT

__all__ = ["FILE", "FOLDER", "DyedLayout", "is_dyed", "only_dyed"]

FOLDER = "tars_dyeing"
FILE = "dyeing.log"


def is_dyed() -> bool:
    """Whether the call that is being served here is dyed."""
    call = CURRENT.get(None)
    return call is not None and bool(call.request.message_type & Flag.DYED)


def only_dyed(_: logging.LogRecord) -> bool:
    """A filter: records of dyed calls."""
    return is_dyed()


class DyedLayout(logging.Formatter):
    """Another layout's line behind the server's name: ``App.Server|...``."""

    def __init__(self, server: str, layout: logging.Formatter) -> None:
        super().__init__()
        self._server = server
        self._layout = layout

    def format(self, record: logging.LogRecord) -> str:
        return f"{self._server}|{self._layout.format(record)}"
