"""What one server process asks of the platform around it: proxies, and tasks that go on.

Nothing here may disturb the server: a service that is not there is logged, and no more.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from tars_runtime.application.sending import Sending
from tars_runtime.errors import UsageError
from tars_runtime.interfaces.tars import (
    ConfigProxy,
    LogProxy,
    NotifyProxy,
    ServerFProxy,
)
from tars_runtime.platform.heartbeat import Heartbeat, Progress, ask_health
from tars_runtime.platform.notices import LIMIT, Notices
from tars_runtime.platform.remoteconfig import RemoteConfig
from tars_runtime.report.version import framework_version
from tars_runtime.rpc import Proxy

if TYPE_CHECKING:
    from tars_runtime.application.application import Application
    from tars_runtime.application.dispatch import Dispatcher
    from tars_runtime.net.mount import Site

__all__ = ["Platform"]

log = logging.getLogger("tars.server")

P = TypeVar("P", bound=Proxy)


class Platform:
    """The platform's services for one application in one process."""

    def __init__(self, app: Application) -> None:
        self._app = app
        config = app.config
        self.notices = Notices(self._proxy(NotifyProxy, config.notify), config)
        self.remote_config = RemoteConfig(
            self._proxy(ConfigProxy, config.config), config
        )
        self._sending = self._sending_to(self._proxy(LogProxy, config.log))
        self._node = self._proxy(ServerFProxy, config.node)
        self._tasks: list[asyncio.Task[None]] = []
        self._progress: dict[str, Progress] = {}

    @asynccontextmanager
    async def starting(self, pid: int | None = None) -> AsyncIterator[None]:
        """Tell the node that the server starts, for as long as this lasts."""
        heartbeat = self._heartbeat(pid)
        if heartbeat is None:
            yield
            return
        task = asyncio.ensure_future(heartbeat.activating())
        try:
            yield
        finally:
            await _end(task)

    def begin(
        self, living: Callable[[], Iterable[str]], pid: int | None = None
    ) -> None:
        """The server serves: say so once, then send a heartbeat for each living adapter."""
        self.notices.report_soon("restart")
        heartbeat = self._heartbeat(pid)
        if heartbeat is not None:
            self._go(self._beat(heartbeat, living))

    def send_logs(self) -> None:
        """Send what is logged for the log service from now on."""
        if self._sending is not None:
            self._go(self._sending.go_on())

    async def rest(self) -> None:
        """No more heartbeats, no more log lines until `settle`."""
        await asyncio.gather(*map(_end, self._tasks))
        self._tasks = []

    async def settle(self) -> None:
        """Send what is left: log lines, and the notices under way; half a second for either."""
        await asyncio.gather(self._last_lines(), self.notices.settle())

    async def _last_lines(self) -> None:
        if self._sending is None:
            return
        try:
            async with asyncio.timeout(LIMIT):
                await self._sending.send()
        except TimeoutError:
            log.warning("the log service did not take the last lines in %g s", LIMIT)

    def living_adapters(self) -> list[str]:
        """The adapters of this process that get something done."""
        now = asyncio.get_running_loop().time()
        return [
            adapter.name
            for adapter in self._app.adapters
            if not self._is_stuck(adapter.name, adapter.dispatcher, now)
        ]

    def _is_stuck(self, name: str, dispatcher: Dispatcher | Site, now: float) -> bool:
        progress = self._progress.setdefault(name, Progress(since=now))
        return progress.is_stuck(
            dispatcher.waiting,
            dispatcher.counters.ended,
            now,
            self._app.config.zombie_timeout,
        )

    def _go(self, work: Coroutine[Any, Any, None]) -> None:
        self._tasks.append(asyncio.ensure_future(work))

    async def _beat(
        self, heartbeat: Heartbeat, living: Callable[[], Iterable[str]]
    ) -> None:
        await heartbeat.version(framework_version())
        while True:
            if self._app.healthy and await ask_health(self._app.health_checks):
                await heartbeat.beat(living())
            await asyncio.sleep(self._app.config.heartbeat_interval)

    def _sending_to(self, service: LogProxy | None) -> Sending | None:
        app = self._app
        if service is None:
            return None
        return Sending(app.logs.days, service, app.name, app.properties)

    def _heartbeat(self, pid: int | None) -> Heartbeat | None:
        if self._node is None:
            return None
        config = self._app.config
        return Heartbeat(self._node, config.app, config.server, pid)

    def _proxy(self, kind: type[P], name: str) -> P | None:
        """The service's proxy, when the configuration names one that can be found."""
        if not name:
            return None
        try:
            return self._app.communicator.proxy(kind, name, set_name="")
        except UsageError as error:
            log.warning("%s is not used: %s", name, error)
            return None


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait([task])
