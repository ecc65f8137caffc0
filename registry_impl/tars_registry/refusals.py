"""How the registry says no: positive codes and a reason, so that nobody takes it for broken.

The framework's own codes are negative, and clients stop calling a registry that answers them.
"""

from __future__ import annotations

from typing import Final

from tars_runtime.errors import ServerError, UsageError

__all__ = [
    "BAD_REQUEST",
    "REFUSED",
    "UNAVAILABLE",
    "AnsweringBadValues",
    "Unavailable",
    "bad_request",
    "refused",
]

BAD_REQUEST: Final = 1
"""A value that the tables cannot hold; what the Go registry answers to every error."""

UNAVAILABLE: Final = 2
"""The database did not take it in time. The same request may succeed later."""

REFUSED: Final = 3
"""The caller may not do this."""


class Unavailable(ServerError):
    """The database did not acknowledge a change in time; the caller may try again."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(UNAVAILABLE, f"not stored, try again: {why}")


def bad_request(reason: str) -> ServerError:
    """The answer to a value that cannot be stored."""
    return ServerError(BAD_REQUEST, reason)


class AnsweringBadValues:
    """In its block a value that a check refuses is an answer, and no `UsageError`.

    A class, for heartbeats come through it: a generator takes four times as long.
    """

    def __enter__(self) -> None:
        """Nothing is to be done before."""

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if isinstance(error, UsageError):
            raise bad_request(str(error)) from None


def refused(reason: str) -> ServerError:
    """The answer to a caller that may not do what it asks."""
    return ServerError(REFUSED, f"refused: {reason}")
