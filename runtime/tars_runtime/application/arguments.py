"""Which configuration file a server was started with: ``--config=FILE``, or ``TARS_CONFIG``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tars_runtime.errors import ConfigError

__all__ = ["config_path"]

FLAG = "--config"
VARIABLE = "TARS_CONFIG"


def config_path(arguments: Sequence[str], environment: Mapping[str, str]) -> str:
    """The file; the flag goes over the variable. Raises `ConfigError` when there is neither.

    Other arguments are the program's own and are left alone, as in the other languages.
    """
    for place, argument in enumerate(arguments):
        if argument.startswith(f"{FLAG}="):
            return argument.removeprefix(f"{FLAG}=")
        if argument == FLAG and place + 1 < len(arguments):
            return arguments[place + 1]
    if environment.get(VARIABLE):
        return environment[VARIABLE]
    raise ConfigError(
        f"expected a configuration file, got none: start with {FLAG}=FILE or set {VARIABLE}"
    )
