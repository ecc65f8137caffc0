"""What a caller is told when a servant fails: a table from exceptions to return codes.

The text of an exception of ours or the user's stays in the log; a caller learns the class's
name at most. Only `ServerError`, which a servant raises for that, carries its text to the caller.
"""

from __future__ import annotations

import logging

from tars_runtime.errors import DecodeError, EncodeError, ServerError
from tars_runtime.protocol import Code

__all__ = ["failure_of"]

log = logging.getLogger("tars.server")

LOWEST = -99
"""C++ clients close the connection on lower codes."""


def failure_of(error: BaseException, where: str) -> tuple[int, str]:
    """The code and text for ``error``, which a servant raised at ``where``; logs it."""
    if isinstance(error, ServerError) and _is_answer(error):
        log.debug("%s answered %d: %s", where, error.code, error.text)
        return error.code, error.text
    log.error("%s failed", where, exc_info=error)
    return Code.UNKNOWN, type(error).__name__


def _is_answer(error: ServerError) -> bool:
    """A servant's own word, not the failure of a call that it made itself."""
    return not error.object and error.code != 0 and error.code >= LOWEST


def unreadable(error: DecodeError, where: str) -> tuple[int, str]:
    """The code and text for arguments that cannot be read."""
    log.info("%s: arguments that cannot be read: %s", where, error)
    return Code.SERVER_DECODE, str(error)


def unwritable(error: EncodeError, where: str) -> tuple[int, str]:
    """The code and text for a result that cannot be written."""
    log.error("%s gave a result that cannot be written: %s", where, error)
    return Code.SERVER_ENCODE, str(error)
