"""What ``${...}`` in the meta file and in the overlay stands for; an unknown one is an error.

======================  ==========================================================
``${local_ip}``         the address of this pod
``${namespace}``        ``TARS_NAMESPACE``
``${random_port}``      a free port; only within an endpoint
``${env:NAME}``         an environment variable; it must be set
``${file:PATH}``        the content of a file, one line (a mounted secret)
======================  ==========================================================
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from tars_runtime.errors import ConfigError

from tarscli.confdoc import written

__all__ = ["RANDOM_PORT", "Placeholders", "has_secret"]

RANDOM_PORT = "${random_port}"
_ANY = re.compile(r"\$\{([^{}]*)\}")
_SECRET = re.compile(r"\$\{(?:env|file):[^{}]*\}")


def has_secret(text: str) -> bool:
    """Whether ``text`` takes a value from a variable or a file, which may be secret."""
    return _SECRET.search(text) is not None


class Placeholders:
    """The substitutions of one run."""

    def __init__(
        self, *, local_ip: str, namespace: str, environment: Mapping[str, str]
    ) -> None:
        self._plain = {"local_ip": local_ip, "namespace": namespace}
        self._environment = environment

    def fill(self, text: str, where: str, *, port: bool = False) -> str:
        """``text`` with its placeholders replaced, all but ``${random_port}``.

        ``where`` names the key for messages; ``port`` says that it is an endpoint. Raises
        `ConfigError`.
        """

        def value(found: re.Match[str]) -> str:
            if port and found[0] == RANDOM_PORT:
                return found[0]
            return self._value(found[1], where)

        return _ANY.sub(value, text)

    def fill_secrets(self, raw: str, where: str) -> str:
        """A config line's value with ``${env:...}`` and ``${file:...}`` replaced.

        Other placeholders are the server's own.
        """
        return _SECRET.sub(
            lambda found: written(self._value(found[0][2:-1], where)), raw
        )

    def _value(self, name: str, where: str) -> str:
        if name in self._plain:
            return self._plain[name]
        kind, _, rest = name.partition(":")
        if kind == "env" and rest:
            return self._variable(rest, where)
        if kind == "file" and rest:
            return _line_of(Path(rest), where)
        raise ConfigError(
            f"{where}: unknown placeholder ${{{name}}}; known are ${{local_ip}}, "
            "${namespace}, ${env:NAME}, ${file:PATH} and, in an endpoint, ${random_port}"
        )

    def _variable(self, name: str, where: str) -> str:
        if name not in self._environment:
            raise ConfigError(
                f"{where}: ${{env:{name}}}: the variable {name} is not set"
            )
        return _one_line(self._environment[name], f"{where}: ${{env:{name}}}")


def _line_of(path: Path, where: str) -> str:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise ConfigError(f"{where}: ${{file:{path}}}: {reason}") from error
    return _one_line(text.rstrip("\r\n"), f"{where}: ${{file:{path}}}")


def _one_line(text: str, where: str) -> str:
    if any(ord(character) < 32 for character in text):
        raise ConfigError(f"{where}: expected one line without control characters")
    return text
