"""The metrics of an application: counted when ``metrics_port`` is set, shown there.

Of several workers each counts, and the administrator shows the sum.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from tars_runtime.errors import ConfigError, UsageError
from tars_runtime.http import load_asgi_site
from tars_runtime.metrics.figures import AdapterFigures, Figures
from tars_runtime.metrics.table import Table
from tars_runtime.net.conduct import Limits
from tars_runtime.net.endpoint import Endpoint
from tars_runtime.net.listener import Listener
from tars_runtime.report.version import framework_version
from tars_runtime.rpc import Current

if TYPE_CHECKING:
    from tars_runtime.application.adapter import Adapter
    from tars_runtime.application.application import Application

__all__ = ["Metrics", "close_page", "open_page"]


class Metrics:
    """What one process counts."""

    def __init__(self, app: Application) -> None:
        self._app = app
        self._served = Table()
        self._called = Table()

    def begin(self) -> None:
        """Count from now on."""
        served, called = self._served, self._called

        def answered(current: Current, code: int, seconds: float) -> None:
            served.count(current.object, current.function, code, seconds)

        def made(
            object_name: str,
            function: str,
            _: Endpoint | None,
            code: int,
            seconds: float,
        ) -> None:
            called.count(object_name, function, code, seconds)

        def web(
            object_name: str, route: str, status: int, seconds: float, *_: object
        ) -> None:
            served.count(object_name, route, status, seconds)

        self._app.observers.append(answered)
        self._app.http_observers.append(web)
        self._app.communicator.observers.append(made)

    async def figures(self) -> Figures:
        """What was counted until now."""
        return Figures(
            version=framework_version(),
            processes=1,
            served=self._served.rows(),
            called=self._called.rows(),
            adapters={each.name: _figures(each) for each in self._app.adapters},
        )


def _figures(adapter: Adapter) -> AdapterFigures:
    counters, listener = adapter.dispatcher.counters, adapter.listener
    return AdapterFigures(
        connections=len(listener.connections),
        running=adapter.dispatcher.running,
        waiting=adapter.dispatcher.waiting,
        accepted=listener.accepted,
        refused=listener.refused,
        requests=counters.requests,
        failed=counters.failed,
        overloads=counters.overloads,
        queue_timeouts=counters.queue_timeouts,
        dropped=counters.dropped,
    )


async def open_page(
    app: Application, read: Callable[[], Awaitable[Figures]]
) -> Listener | None:
    """Listen at ``metrics_port``; ``None`` when it is 0.

    Raises `ConfigError` when prometheus-client is not installed, `ConnectError` when the port
    is taken.
    """
    port = app.config.metrics_port
    if not port:
        return None
    try:
        make = load_asgi_site()
        from tars_runtime.metrics.site import metrics_app
    except (ModuleNotFoundError, UsageError) as error:
        raise ConfigError(
            "expected prometheus-client and h11 for metrics_port, got none: "
            "pip install 'tars2py[metrics]', or set metrics_port=0"
        ) from error
    host = app.config.metrics_host or app.config.localip or "127.0.0.1"
    endpoint = Endpoint.parse(f"tcp -h {host} -p {port} -t 60000")
    site = make("metrics", metrics_app(read))
    listener = Listener(
        endpoint, site.connect, Limits(connections=100, idle_timeout=60)
    )
    await listener.open()
    return listener


async def close_page(listener: Listener | None) -> None:
    """End what `open_page` gave."""
    if listener is not None:
        await listener.close(0.0)
