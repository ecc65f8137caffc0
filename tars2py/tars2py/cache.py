"""Where things are kept that only save time: a folder of the user's own."""

from __future__ import annotations

import os

__all__ = ["folder"]


def folder() -> str | None:
    """``$XDG_CACHE_HOME/tars2py`` or ``~/.cache/tars2py``; None when there can be none.

    ``TARS2PY_CACHE`` names another folder; empty, it turns caching off.
    """
    named = os.environ.get("TARS2PY_CACHE")
    if named == "":
        return None
    home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    path = named or os.path.join(home, "tars2py")
    try:
        os.makedirs(path, mode=0o700, exist_ok=True)
        mine = os.stat(path).st_uid == os.getuid()
    except OSError:
        return None
    return path if mine and os.access(path, os.W_OK) else None
