"""``data/registry_identity``: the name and the secret by which the registry knows this server.

The supervisor keeps them, readable by its user alone, so that a hook that finds no supervisor
is not taken for a stranger. What an earlier life has left does not count.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from tarscli.files import write_atomic
from tarscli.layout import Layout
from tarscli.marker import life

__all__ = ["keep", "recall"]

_KEYS = ("instance", "secret")


def keep(layout: Layout, context: Mapping[str, str]) -> None:
    """Keep what ``context`` has of both; raises `OSError`."""
    known = {key: context[key] for key in _KEYS if key in context}
    text = json.dumps({**known, "life": life()})
    write_atomic(layout.identity, text, mode=0o600, durable=False)


def recall(layout: Layout) -> dict[str, str]:
    """What was kept in this life, as a context; empty when nothing was, or it is broken."""
    try:
        found = json.loads(layout.identity.read_text(encoding="utf-8"))
        if found["life"] != life():
            return {}
        return {key: str(found[key]) for key in _KEYS if key in found}
    except (OSError, ValueError, TypeError, KeyError):
        return {}
