"""Which event loop runs: uvloop's when it is installed, else asyncio's.

``TARS_LOOP=asyncio`` insists on asyncio's.
"""

from __future__ import annotations

import asyncio
import os

__all__ = ["new_event_loop"]


def new_event_loop() -> asyncio.AbstractEventLoop:
    """A loop for a thread of ours."""
    if os.environ.get("TARS_LOOP", "") != "asyncio":
        try:
            import uvloop
        except ImportError:
            pass
        else:
            loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
            return loop
    return asyncio.new_event_loop()
