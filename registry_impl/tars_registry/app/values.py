"""The values of the settings for one invocation: read, checked, each with what gave it.

A flag wins over a variable, the first variable that is set over the next, and a variable over
the configuration file: a server's, with the settings by name in ``/tars/registry``.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from pathlib import Path

from tars_runtime.config import Config
from tars_runtime.errors import ConfigError

from tars_registry.app.settings import DOMAIN, PLACES, SETTINGS, Setting
from tars_registry.core.access import MODES, Access, Network
from tars_registry.table.requests import WIDTHS

__all__ = ["Settings"]


class Settings:
    """The values of one invocation; a getter's `ConfigError` names the flag or variable."""

    def __init__(
        self,
        flags: Mapping[str, str | None],
        environment: Mapping[str, str],
        config: Config | None = None,
    ) -> None:
        """Raises `ConfigError` for a setting in the configuration that there is not."""
        self.environment = environment
        config = config or Config()
        for name in config.domain(DOMAIN).values.keys() - {s.name for s in SETTINGS}:
            raise ConfigError(
                f"{config.where(f'{DOMAIN}/{name}')}: expected a setting of tarsregistry serve, "
                f"got {name!r}: 'tarsregistry serve --help' lists them"
            )
        self._values: dict[str, str] = {}
        self._origins: dict[str, str] = {}
        for setting in SETTINGS:
            value, origin = _value(setting, flags, environment, config)
            self._values[setting.name] = value
            self._origins[setting.name] = origin

    def text(self, name: str) -> str:
        """A setting as it was written."""
        return self._values[name]

    def origin(self, name: str) -> str:
        """The flag or variable that gave a setting, or ``default``."""
        return self._origins[name]

    def number(self, name: str, least: int, most: int) -> int:
        """A whole number within limits."""
        text = self._values[name]
        if not text.isascii() or not text.isdigit() or not least <= int(text) <= most:
            raise self._wrong(name, f"a whole number from {least} to {most}")
        return int(text)

    def choice(self, name: str, choices: tuple[str, ...], default: str = "") -> str:
        """One of a few words."""
        text = self._values[name] or default
        if text not in choices:
            raise self._wrong(name, f"one of {', '.join(choices)}")
        return text

    def networks(self, name: str) -> tuple[Network, ...]:
        """Networks in CIDR form."""
        try:
            return tuple(
                ipaddress.ip_network(each.strip(), strict=False)
                for each in self._values[name].split(",")
                if each.strip()
            )
        except ValueError:
            raise self._wrong(name, "networks like 10.0.0.0/8,192.168.0.0/16") from None

    def names(self, name: str) -> tuple[str, ...]:
        """Words, comma-separated."""
        return tuple(
            each.strip() for each in self._values[name].split(",") if each.strip()
        )

    def port(self, name: str) -> int:
        """A port, 0 for a free one."""
        return self.number(name, 0, 65535)

    def check(self) -> None:
        """Read every setting once, before anything is opened; raises `ConfigError`."""
        self.port("port")
        for name in ("http-port", "tls-port"):
            if self.text(name) not in ("", "off"):
                self.port(name)
        if self.text("tls-port") and not (
            self.text("tls-cert") and self.text("tls-key")
        ):
            raise ConfigError("--tls-port: expected --tls-cert and --tls-key with it")
        self.access()
        _ = self.node, self.keep, self.acks_from_memory

    @property
    def keep(self) -> int:
        """Seconds that the rows of a dead server are kept."""
        return self.number("keep", 60, 2**31 - 1)

    @property
    def acks_from_memory(self) -> bool:
        """Whether heartbeats are answered before their commit."""
        return self.choice("ack", ("commit", "memory")) == "memory"

    @property
    def host(self) -> str:
        """Where to listen; an address or a name."""
        return self._values["host"]

    @property
    def node(self) -> str:
        """The address that the registry registers itself with."""
        given = self._values["node"]
        if given:
            if len(given.split()) != 1 or len(given) > WIDTHS["nodeName"]:
                raise self._wrong("node", "an address or a host name, without blanks")
            return given
        if self.host in ("0.0.0.0", "::", "*"):
            raise ConfigError(
                f"--node: listening on {self.host} says nothing about this machine's address: "
                "give --node ADDRESS, or set POD_IP"
            )
        return self.host

    @property
    def is_loopback(self) -> bool:
        """Whether nobody outside this machine can call."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    @property
    def database_path(self) -> str:
        """Where the SQLite file is when no database is given."""
        return str(self._data_folder / "tarsregistry.db")

    @property
    def snapshot_path(self) -> Path | None:
        """Where the last good table of a MySQL database is kept; ``None`` for nowhere."""
        given = self._values["snapshot"]
        if given == "off":
            return None
        return Path(given) if given else self._data_folder / "tarsregistry.snapshot"

    @property
    def _data_folder(self) -> Path:
        folder = self._values["data"]
        if not folder and self.environment.get("TARS_PATH"):
            folder = str(Path(self.environment["TARS_PATH"]) / "data")
        return Path(folder or ".")

    def access(self) -> Access:
        """Who may do what."""
        mode = self.choice("access", MODES, "off" if self.is_loopback else "report")
        token = self._token()
        return Access(
            mode=mode,
            token=token,
            networks=self.networks("networks"),
            trusted=self.networks("trusted"),
            reserved=self.names("reserved"),
            loopback=self.is_loopback,
        )

    def _token(self) -> str:
        path = self._values["token-file"]
        if not path:
            return ""
        try:
            token = Path(path).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is not text"
            raise self._wrong("token-file", f"a readable file ({reason})") from None
        if not token:
            raise self._wrong("token-file", "a file with a token, and it is empty")
        return token

    def _wrong(self, name: str, expected: str) -> ConfigError:
        origin = self._origins[name]
        return ConfigError(f"{origin}: expected {expected}, got {self._values[name]!r}")


def _value(
    setting: Setting,
    flags: Mapping[str, str | None],
    environment: Mapping[str, str],
    config: Config,
) -> tuple[str, str]:
    """A setting's value, and what gave it."""
    given = flags.get(setting.name)
    if given is not None:
        return given, setting.flag
    for variable in setting.variables:
        if environment.get(variable):
            return environment[variable], variable
    for path in (f"{DOMAIN}/{setting.name}", PLACES.get(setting.name)):
        if path and config.get(path):
            return config[path], f"{config.where(path)}: {setting.name}"
    return setting.default, setting.flag
