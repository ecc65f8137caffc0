"""The rows of a report in packets of bounded size: by number over TCP, by bytes over UDP."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, TypeVar

from tars_runtime import codec

__all__ = ["ROWS", "batches"]

Head = TypeVar("Head")
Body = TypeVar("Body")

ROWS: Final = 500
"""Rows of one packet, whatever carries it."""
ENVELOPE: Final = 100
"""Bytes of a packet beside its rows: names, numbers, the ends of maps; generously."""
BRACKETS: Final = 4
"""Bytes that begin and end the two structs of a row."""


def batches(
    rows: Mapping[Head, Body], *, most_bytes: int | None = None, most_rows: int = ROWS
) -> Iterator[dict[Head, Body]]:
    """Rows for one packet after the other; a row that is larger than a packet goes alone.

    ``most_bytes`` is what a whole packet may have; ``None`` counts rows only.
    """
    room = None if most_bytes is None else most_bytes - ENVELOPE
    batch: dict[Head, Body] = {}
    size = 0
    for head, body in rows.items():
        costs = _size(head, body) if room is not None else 0
        is_full = len(batch) >= most_rows or (room is not None and size + costs > room)
        if batch and is_full:
            yield batch
            batch, size = {}, 0
        batch[head] = body
        size += costs
    if batch:
        yield batch


def _size(head: object, body: object) -> int:
    return len(codec.encode(head)) + len(codec.encode(body)) + BRACKETS
