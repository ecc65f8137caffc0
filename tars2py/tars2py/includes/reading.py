"""Reads one file: what can go wrong on the way to its text, each with its sentence."""

from __future__ import annotations

from pathlib import Path

from tars2py.errors import Diagnostics
from tars2py.source import NOWHERE, Source, Undecodable, decode

__all__ = ["read_source"]


def read_source(
    path: Path, shown: Path, encoding: str | None, found: Diagnostics
) -> Source | None:
    """The text of a file, called ``shown`` in messages; None after an error was reported."""
    try:
        return Source(path, str(shown), decode(path.read_bytes(), encoding))
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        message = f"expected a .tars file that can be read, got '{shown}': {reason}"
    except Undecodable as error:
        message = (
            f"expected text in {error.encoding.upper()}, got other bytes in "
            f"'{shown}' at byte {error.offset}: name the encoding with --encoding"
        )
    except LookupError:
        message = f"expected an encoding that Python knows, got '{encoding}'"
    found.error(message, None, NOWHERE)
    return None
