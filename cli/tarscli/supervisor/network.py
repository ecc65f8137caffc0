"""Everything of the supervisor that needs a network: registry, notify service, admin object.

Imported only once the server is started, because the RPC runtime takes its time to load.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

from tars_runtime.errors import TarsError

from tarscli.admin import Admin
from tarscli.drain import Evidence
from tarscli.info import ServerInfo
from tarscli.registry_client import RegistryClient
from tarscli.states import Acknowledged, Event, Registered, Word
from tarscli.supervisor.alarms import Alarms
from tarscli.supervisor.checks import check_server
from tarscli.supervisor.reporter import Reporter
from tarscli.supervisor.setup import Setup

__all__ = ["Network"]

_ADMIN = 1.0
"""Seconds that the server's admin object may take."""


class Network:
    """The supervisor's calls; a `tarscli.drain.Writer`."""

    def __init__(
        self,
        setup: Setup,
        feed: Callable[[Event], None],
        say: Callable[[str, str], None],
    ) -> None:
        self._setup = setup
        self._feed = feed
        self._client = RegistryClient(
            setup.info,
            setup.layout,
            {
                **setup.token,
                "instance": setup.instance,
                "report_ms": str(int(setup.policy.report_interval * 1000)),
            },
        )
        self.alarms = Alarms(self._client)
        self.reporter = Reporter(
            client=self._client,
            interval=setup.policy.report_interval,
            version=setup.version,
            disable_flow=setup.disable_flow,
            on_registered=self._registered,
            on_acknowledged=lambda word: feed(Acknowledged(word)),
            say=say,
        )
        self._version_owed = False
        self._known = False
        loop = asyncio.get_running_loop()
        self._tasks = [
            loop.create_task(self.reporter.run()),
            loop.create_task(self.alarms.run()),
        ]
        for task in self._tasks:
            task.add_done_callback(lambda ended: _tell_defect(ended, say))

    def use(self, info: ServerInfo) -> None:
        """genconf ran again: ports may have changed, so the registry hears them."""
        self._setup = replace(self._setup, info=info)
        self._client.info = info
        self.reporter.register()

    def server_started(self) -> None:
        """People hear the version, once the registry knows the server."""
        self._version_owed = True
        if self._known:
            self._tell_version()

    def _registered(self) -> None:
        self._known = True
        if self._version_owed:
            self._tell_version()
        self._feed(Registered())

    def _tell_version(self) -> None:
        self._version_owed = False
        self.alarms.tell("normal", f"server version: {self._setup.version}")

    async def check(self, pids: list[int]) -> str:
        """Why the server does not serve, or an empty text."""
        return await check_server(self._setup.info, pids, self._setup.ping)

    async def shutdown(self) -> bool:
        """Ask the server to end; whether it took the question."""
        if not self._setup.info.server.local:
            return False
        try:
            await Admin(self._setup.info).shutdown(_ADMIN)
        except TarsError:
            return False
        return True

    async def deactivate(self) -> None:
        await self.reporter.deactivate()

    async def deregister(self) -> None:
        await self.reporter.deregister()

    async def tell_server(self) -> None:
        if self._setup.info.server.local:
            await Admin(self._setup.info).notify("prestop", _ADMIN)

    async def evidence(self) -> Evidence | None:
        if not self._setup.info.server.local:
            return None
        try:
            return await Admin(self._setup.info).evidence(_ADMIN)
        except TarsError:
            return None

    async def farewell(self, deregister: bool, word: Word) -> None:
        """The last words to the registry, if it still wants to hear them."""
        try:
            if deregister:
                await self.reporter.deregister()
            else:
                await self.reporter.farewell(word)
        except TarsError:
            return

    async def close(self) -> None:
        """End all tasks and connections."""
        for task in self._tasks:
            task.cancel()
        await asyncio.wait(self._tasks)
        await self._client.close()


def _tell_defect(task: asyncio.Task[None], say: Callable[[str, str], None]) -> None:
    """These tasks end by being cancelled; anything else is a defect of ours."""
    if not task.cancelled() and (error := task.exception()) is not None:
        say("error", f"defect of tarscli: {type(error).__name__}: {error}")
