"""Which callers a server in a set takes: all but those of another area of its own set name."""

from __future__ import annotations

from collections.abc import Callable

from tars_runtime.config import ServerConfig
from tars_runtime.protocol import Request, Status

__all__ = ["set_check"]


def set_check(config: ServerConfig) -> Callable[[Request], bool] | None:
    """The check that the configuration asks for, as the C++ runtime makes it; ``None`` for none.

    A caller that does not tell its set is refused, too.
    """
    if not config.set_name or not config.check_set:
        return None
    name, area, _ = config.set_name.split(".")

    def allows(request: Request) -> bool:
        caller = request.status.get(Status.SET_NAME, "").split(".")
        if len(caller) != 3:
            return False
        return caller[0] != name or caller[1] == area

    return allows
