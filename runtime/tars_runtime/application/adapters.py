"""Which adapters a server has: those of its configuration, with what stands behind each.

What does not fit is noticed before anything listens: a servant without an adapter, an adapter
without a servant, a mounted application behind an adapter that says it speaks TARS.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tars_runtime.application import adminobject
from tars_runtime.application.adapter import Adapter
from tars_runtime.application.dispatch import Dispatcher
from tars_runtime.application.routes import routes_of
from tars_runtime.application.setcheck import set_check
from tars_runtime.config import AdapterConfig
from tars_runtime.errors import ConfigError
from tars_runtime.net.mount import Site
from tars_runtime.rpc import Servant

if TYPE_CHECKING:
    from tars_runtime.application.application import Application

__all__ = ["make_adapters"]


def make_adapters(app: Application) -> list[Adapter]:
    """The adapters of the configuration, and the admin object's; raises `ConfigError`."""
    if not app.adapter_configs:
        raise ConfigError(
            f"expected at least one adapter for {app.name}, got none: add a domain with "
            "endpoint and servant to the file, or call add_adapter()"
        )
    _check_places(app)
    made = [
        Adapter(
            config, app.config, _behind(app, config), reuse_port=app.seat is not None
        )
        for config in app.adapter_configs
    ]
    if app.seat is not None:
        return made
    admin = adminobject.adapter_of(app, app.run_command, app.shutdown)
    return [*made, admin] if admin is not None else made


def _behind(app: Application, config: AdapterConfig) -> Dispatcher | Site:
    names = app.names_at(config)
    mounted = [name for name in names if name in app.mounts]
    if (config.protocol == "tars") == bool(mounted):
        raise ConfigError(_misfit(config, mounted))
    if len(mounted) > 1 or (mounted and len(names) > 1):
        raise ConfigError(
            f"expected one object at {config.name}, where {mounted[0]} is mounted, got "
            f"{', '.join(names)}: give each an adapter of its own"
        )
    if mounted:
        return app.mounts[mounted[0]](mounted[0])
    return _dispatcher(
        app, config, {name: _servant(app, config, name) for name in names}
    )


def _misfit(config: AdapterConfig, mounted: Sequence[str]) -> str:
    if mounted:
        return (
            f"expected protocol=not_tars for the adapter {config.name}, where {mounted[0]} is "
            "mounted, got protocol=tars"
        )
    return (
        f"expected mount_asgi() or add_stream_server() for the adapter {config.name}, whose "
        f"protocol is {config.protocol!r}, got neither: mount one for {config.servant or 'it'}"
    )


def _dispatcher(
    app: Application, config: AdapterConfig, servants: dict[str, Servant]
) -> Dispatcher:
    made = Dispatcher(
        asyncio.get_running_loop(),
        config,
        fatal=app.fatal,
        observers=app.observers,
        allows_set=set_check(app.config),
        dye=app.dyeing.dye,
    )
    for name, servant in servants.items():
        made.add(name, routes_of(name, servant, app.interceptors, made.in_thread))
    return made


def _servant(app: Application, config: AdapterConfig, name: str) -> Servant:
    if name not in app.servants:
        raise ConfigError(
            f"expected a servant for {name} of the adapter {config.name}, got none: "
            f'call add_servant("{name}", ...) before the start'
        )
    return app.servants[name]


def _check_places(app: Application) -> None:
    """Every servant must be reachable; what is forgotten in the file is noticed at once."""
    placed = {name for config in app.adapter_configs for name in app.names_at(config)}
    for name in (*app.servants, *app.mounts):
        if name not in placed:
            raise ConfigError(
                f"expected an adapter for the servant {name}, got none: add a domain with "
                f"servant={name} and an endpoint to the file, or pass adapter="
            )
