"""Where things are below ``TARS_PATH``: the contract with images, hooks and other tools."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

__all__ = ["Layout"]


@dataclass(frozen=True, slots=True)
class Layout:
    """The directories and files of one server, by name.

    ``root`` is taken as it was given: a relative path stays one.
    """

    root: Path

    @property
    def bin(self) -> Path:
        """The server, its start script and its meta file."""
        return self.root / "bin"

    @property
    def conf(self) -> Path:
        """The generated config, ``<server>.conf``."""
        return self.root / "conf"

    @property
    def data(self) -> Path:
        """What commands leave for each other, and the server's own data."""
        return self.root / "data"

    @property
    def log(self) -> Path:
        """Logs of tarscli and of the server."""
        return self.root / "log"

    @property
    def meta(self) -> Path:
        """What the server is, written by its developer."""
        return self.bin / "_server_meta.yaml"

    @property
    def start_script(self) -> Path:
        """Starts the server, unless ``TARS_START_PATH`` says otherwise."""
        return self.bin / "start.sh"

    @property
    def info(self) -> Path:
        """The resolved values, for supervisor, prestop and notify."""
        return self.data / "server_info.yaml"

    @property
    def status(self) -> Path:
        """One state word; its modification time is the supervisor's heartbeat."""
        return self.data / "check_status"

    @property
    def beat(self) -> Path:
        """Beside `status`: seconds since boot and the supervisor's pid, against clock steps."""
        return self.data / "check_status.beat"

    @property
    def prestop(self) -> Path:
        """Exists once the server left the registry."""
        return self.data / "prestop"

    @property
    def stop(self) -> Path:
        """While it exists, the server is not (re)started; made and removed by people."""
        return self.data / "stop"

    @property
    def socket(self) -> Path:
        """Where the supervisor takes commands (mode 0600)."""
        return self.data / "supervisor.sock"

    @property
    def identity(self) -> Path:
        """By what the registry knows this server (mode 0600)."""
        return self.data / "registry_identity"

    @property
    def start_log(self) -> Path:
        """What the server wrote to its standard output and error since its last start."""
        return self.log / "start.log"

    @property
    def supervisor_log(self) -> Path:
        """What the supervisor says."""
        return self.log / "supervisor.log"

    @property
    def command_log(self) -> Path:
        """What the other commands did."""
        return self.log / "cmd.log"

    def config(self, server: str) -> Path:
        """The generated config of ``server``."""
        return self.conf / f"{server}.conf"

    def cache(self, name: str) -> Path:
        """The last answer of the registry for the object ``name``."""
        return self.data / f"cache_{name}"
