"""What an application offers: servants, mounted applications, and the adapters before them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from tars_runtime.application.state import State
from tars_runtime.config import AdapterConfig
from tars_runtime.errors import UsageError
from tars_runtime.http import AsgiApp, HttpObserver, load_asgi_site
from tars_runtime.net.endpoint import Endpoint
from tars_runtime.net.mount import Site
from tars_runtime.net.streams import StreamHandler, StreamSite
from tars_runtime.rpc import Servant

__all__ = ["Offers"]


class Offers:
    """The part of an `Application` that says what is served, and where."""

    state: State

    def __init__(self, adapters: Sequence[AdapterConfig]) -> None:
        self.adapter_configs = list(adapters)
        self.servants: dict[str, Servant] = {}
        self.mounts: dict[str, Callable[[str], Site]] = {}
        """What speaks another protocol than TARS, by the object's name."""
        self.places: dict[str, str] = {}
        """Adapters that were named for objects in code."""
        self.http_observers: list[HttpObserver] = []
        """Told of each HTTP request that a mounted ASGI application has answered."""

    def add_servant(
        self, name: str, servant: Servant, *, adapter: str | None = None
    ) -> None:
        """Serve ``App.Server.Obj``, at the adapter that the file names it for.

        ``adapter`` puts it behind an adapter by name; several servants may share one.
        """
        self._place(name, adapter)
        self.servants[name] = servant

    def mount_asgi(
        self, name: str, asgi_app: AsgiApp, *, adapter: str | None = None
    ) -> None:
        """Serve an ASGI application at the ``not_tars`` adapter of an object.

        Needs h11; raises `UsageError` without it.
        """
        make = load_asgi_site()
        self._place(name, adapter)
        self.mounts[name] = lambda name: make(name, asgi_app, self.http_observers)

    def add_stream_server(
        self, name: str, handler: StreamHandler, *, adapter: str | None = None
    ) -> None:
        """Serve any protocol at the ``not_tars`` adapter of an object.

        ``async def handler(reader, writer)`` has asyncio's streams of one connection.
        """
        self._place(name, adapter)
        self.mounts[name] = lambda name: StreamSite(name, handler)

    def _place(self, name: str, adapter: str | None) -> None:
        if self.state is not State.NEW:
            raise UsageError(
                f"expected servants before the start, got {name}: add it before serve()"
            )
        if name in self.servants or name in self.mounts:
            raise UsageError(f"expected a new object's name, got {name} again")
        if adapter is not None:
            self.places[name] = adapter

    def add_adapter(self, name: str, endpoint: str | Endpoint, **settings: Any) -> None:
        """An adapter in code; the file's adapter of the same name wins."""
        if any(each.name == name for each in self.adapter_configs):
            return
        made = AdapterConfig(name=name, endpoint=str(endpoint))
        try:
            self.adapter_configs.append(replace(made, **settings))
        except TypeError as error:
            raise UsageError(f"expected settings of AdapterConfig: {error}") from None

    def names_at(self, config: AdapterConfig) -> list[str]:
        """The objects behind an adapter: those that the file names, and those put there."""
        put = [name for name, place in self.places.items() if place == config.name]
        return [*put, *(name for name in config.servants if name not in put)]
