"""Names that must be there once."""

from __future__ import annotations

from collections.abc import Iterable

from tars2py.errors import Diagnostics, Note, Place
from tars2py.source import Source, Span

__all__ = ["check_twice"]


def check_twice(
    names: Iterable[tuple[str, Span]],
    owner: str,
    what: str,
    source: Source,
    found: Diagnostics,
) -> None:
    """Report each name that its owner has already: ``struct Place``, ``a member``."""
    first: dict[str, Span] = {}
    for name, span in names:
        if (there := first.setdefault(name, span)) != span:
            found.error(
                f"{owner} has {what} '{name}' already: expected another name",
                source,
                span,
                Note("the first one is here", Place(source, there)),
            )
