"""Cookies, as the C++ runtime has them: status entries that go down a whole chain of calls.

Nothing of a served call is passed on by itself, for it might be a secret. Who wants C++'s way says
so: ``Application(client_interceptors=[rpc.pass_cookies])``.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final

from tars_runtime.rpc.current import CURRENT
from tars_runtime.rpc.intercept import ClientCall

__all__ = ["pass_cookies"]

FRAMEWORK: Final = "STATUS_"
"""How the framework's own entries begin, in any case of letters."""


async def pass_cookies(
    call: ClientCall, proceed: Callable[[ClientCall], Awaitable[Any]]
) -> Any:
    """An interceptor for a client: copies the cookies of the call that is being served.

    What the call has under the same key already stays.
    """
    current = CURRENT.get(None)
    if current is not None:
        for key, value in current.status.items():
            if not key.upper().startswith(FRAMEWORK):
                call.status.setdefault(key, value)
    return await proceed(call)
