"""The configuration file: its grammar, and the settings that client and server read from it."""

from tars_runtime.config.adapter import AdapterConfig
from tars_runtime.config.client import ClientConfig
from tars_runtime.config.objects import ObjectConfig
from tars_runtime.config.server import ServerConfig
from tars_runtime.config.settings import describe
from tars_runtime.config.tree import Config, Domain

__all__ = [
    "AdapterConfig",
    "ClientConfig",
    "Config",
    "Domain",
    "ObjectConfig",
    "ServerConfig",
    "describe",
]
