"""The supervisor's loop: feeds events to the state machine and does what it says.

Nothing here waits: checks, scripts, registry and notify service are tasks, which come back as
events. Signals are taken between two steps.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from tars_runtime.errors import TarsError

from tarscli.drain import DrainReport, drain
from tarscli.marker import marked, write_marker
from tarscli.states import (
    Action,
    Begin,
    Check,
    Checked,
    Drain,
    Drained,
    End,
    Event,
    Exited,
    ExitStatus,
    Gone,
    Hook,
    Kill,
    Left,
    Phase,
    Register,
    Report,
    Shutdown,
    Signalled,
    Silence,
    Start,
    State,
    StopFile,
    Tell,
    Tick,
    Word,
    WriteStatus,
)
from tarscli.supervisor import signals
from tarscli.supervisor.messages import Messages
from tarscli.supervisor.notices import InfoFile, StatusFile
from tarscli.supervisor.processes import Children
from tarscli.supervisor.scripts import run_script
from tarscli.supervisor.server import Server
from tarscli.supervisor.setup import Setup
from tarscli.transitions import due, step

if TYPE_CHECKING:
    from tarscli.supervisor.network import Network

__all__ = ["Supervisor"]

_WATCH = 1.0
"""Seconds between two looks at the files that people make."""

_GLANCE = 0.05
_SCRIPT, _FAREWELL, _CHECK = 10.0, 3.0, 15.0
_LEVELS = {"normal": "info", "warn": "warn", "error": "error"}


class Supervisor:
    """One server's keeper, from its first start to its own end."""

    def __init__(
        self, setup: Setup, server: Server, children: Children, messages: Messages
    ) -> None:
        self.setup = setup
        self.server = server
        self.state = State()
        self.network: Network | None = None
        self.on_progress: list[Callable[[str], None]] = []
        self.drain_report: DrainReport | None = None
        self.last_words = ""
        self.floor = setup.floor
        self._children = children
        self._messages = messages
        self._loop = asyncio.get_running_loop()
        self._ended: asyncio.Future[End] = self._loop.create_future()
        self._timer: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._starting: asyncio.Task[None] | None = None
        self._draining: asyncio.Task[None] | None = None
        self._later: list[Callable[[Network], None]] = []
        self._status = StatusFile(setup.layout, messages.say)
        self._info = InfoFile(setup.layout, messages.say)

    def now(self) -> float:
        """The clock of all decisions."""
        return self._loop.time()

    # Life, from the first event to the last word.

    def begin(self) -> None:
        """Take signals and start the server; nothing slow comes before this."""
        for each in signals.STOPPING:
            self._loop.add_signal_handler(each, self._signalled, each)
        for each in signals.FORWARDED:
            self._loop.add_signal_handler(each, self.server.send, each)
        self._loop.add_signal_handler(signals.CHILD, self._children.reap)
        signals.unmask()
        self.feed(Begin(self.setup.layout.stop.exists()))

    def connect(self) -> None:
        """Load the network's side and hand over what it has missed."""
        from tarscli.supervisor.network import Network

        self.network = Network(self.setup, self.feed, self._messages.say)
        for each in self._later:
            each(self.network)
        self._later.clear()
        self._background(self._watch())

    async def end(self) -> int:
        """Wait for the end, say good-bye, leave nothing behind; returns the exit code."""
        last = await self._ended
        await self._clear()
        if self.network is not None:
            try:
                async with asyncio.timeout(_FAREWELL):
                    await self.network.farewell(last.deregister, Word.INACTIVE)
            except TimeoutError:
                self.say("warn", "the registry did not take the good-bye")
            await self.network.close()
        for task in self._tasks:
            task.cancel()
        self._children.reap()
        self.server.finish_output()
        self.say("info", f"the supervisor ends with {last.code}")
        return last.code

    async def _clear(self) -> None:
        """End what is left of the server; what forks meanwhile is ended, too."""
        until = self.now() + _FAREWELL
        while self.server.lives() and self.now() < until:
            self.server.kill()
            await asyncio.sleep(_GLANCE)

    def say(self, level: str, text: str) -> None:
        """Write to the supervisor's log."""
        self._messages.say(level, text)

    def feed(self, event: Event) -> None:
        """One step: decide, then do."""
        self.state, actions = step(self.state, event, self.now(), self.setup.policy)
        for each in actions:
            self._do(each)
        self._arm()

    def _arm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self.state.phase is not Phase.OVER:
            self._timer = self._loop.call_at(due(self.state), self.feed, Tick())

    def _do(self, action: Action) -> None:
        match action:
            case Start(again):
                self._start(again)
            case Check():
                self._background(self._check())
            case WriteStatus(word):
                self._status.write(word)
            case Register():
                self._online(lambda network: network.reporter.register())
            case Report(word):
                self._online(lambda network: network.reporter.report(word))
            case Silence():
                self._online(lambda network: network.reporter.silence())
            case Tell(level, text):
                self.say(_LEVELS[level], text)
                self.last_words = text
                self._online(lambda network: network.alarms.tell(level, text))
            case Hook(event):
                self._hook(event)
            case Drain(limit):
                self._draining = self._background(self._drain(limit))
            case Shutdown(limit):
                self._background(self._shutdown(limit))
            case Kill():
                self.server.kill()
                self._look_for_end()
            case End():
                if not self._ended.done():
                    self._ended.set_result(action)

    def _online(self, action: Callable[[Network], None]) -> None:
        """Do it with the network, now or once it is loaded."""
        if self.network is None:
            self._later.append(action)
        else:
            action(self.network)

    def _background(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self.say("error", f"defect of tarscli: {type(error).__name__}: {error}")

    # The server's process.

    def _start(self, again: bool) -> None:
        self._online(lambda network: network.server_started())
        if again or self.setup.check_script:
            self._starting = self._background(self._prepared_start(again))
        else:
            self._start_now()

    async def _prepared_start(self, again: bool) -> None:
        """Clean up after the last one, run the user's check, then start."""
        if again and self.setup.stop:
            await self._script(self.setup.stop, "TARS_STOP_PATH", _SCRIPT)
        if again and self.server.lives():
            self.server.kill()
        if self.setup.check_script:
            limit = self.setup.check_script_timeout
            await self._script(
                self.setup.check_script, "TARS_BEFORE_CHECK_SCRIPT", limit
            )
        self._starting = None
        self._start_now()

    async def _script(self, command: str, name: str, limit: float) -> str:
        environment = self.setup.environment
        reason = await run_script(self._children, command, environment, limit)
        if reason:
            self.say("warn", f"{name} {reason}: {command}")
        return reason

    def _start_now(self) -> None:
        try:
            problem = self.server.start(self._server_exited)
        except OSError as error:
            self.say(
                "error", f"{self.setup.start}: cannot be started: {error.strerror}"
            )
            self._loop.call_soon(self._server_exited, ExitStatus(code=127))
            return
        self.say("info", f"started {self.setup.start} (process {self.server.leader})")
        if problem:
            self.say("warn", f"{problem}: the server's output is not kept")

    def _server_exited(self, status: ExitStatus) -> None:
        if status.code in (126, 127):
            self.say(
                "error",
                f"{self.setup.start}: not found or not executable ({status}); "
                "check TARS_START_PATH, the file's mode (chmod +x) and its first line",
            )
        lingering = self.server.lives()
        stopping = self.state.phase in (Phase.STOPPING, Phase.HALTING)
        self.feed(Exited(status, lingering))
        if lingering and stopping:
            self.server.terminate()
            self._background(self._await_end())

    async def _await_end(self, limit: float = math.inf) -> None:
        """Until no process is left, at most ``limit`` seconds."""
        until = self.now() + limit
        # A process group tells nobody of its end.
        while self.server.lives() and self.now() < until:  # noqa: ASYNC110
            await asyncio.sleep(_GLANCE)
        self._look_for_end()

    def _look_for_end(self) -> None:
        """The leader is reaped and nobody is left: that is the end of the server."""
        self._children.reap()
        idle = self.server.leader is None and self._starting is None
        if idle and not self.server.lives():
            self.feed(Gone())

    async def _check(self) -> None:
        reason = "the check broke off"
        try:
            reason = await self._verdict()
        finally:
            self.feed(Checked(not reason, reason))

    async def _verdict(self) -> str:
        network = self.network
        if network is None:
            return "the supervisor is loading"
        if self._starting is not None:
            return "the server is being started"
        try:
            async with asyncio.timeout(_CHECK):
                if self.setup.check_script and self.state.up:
                    limit = self.setup.check_script_timeout
                    name = "TARS_BEFORE_CHECK_SCRIPT"
                    reason = await self._script(self.setup.check_script, name, limit)
                    if reason:
                        return f"{name} {reason}"
                return await network.check(self.server.pids())
        except TimeoutError:
            return f"the check did not end within {_CHECK:g} s"
        except (OSError, TarsError) as error:
            return f"the check failed: {error}"

    # Leaving.

    async def _drain(self, limit: float) -> None:
        self._mark()
        try:
            if self.network is not None:
                self.drain_report = await drain(
                    self.network,
                    floor=self.floor,
                    ceiling=limit,
                    progress=self._progress,
                )
        finally:
            report = self.drain_report or DrainReport()
            for problem in report.problems:
                self.say("warn", problem)
            self.feed(Drained(report.deregistered))

    def _progress(self, text: str) -> None:
        self.say("info", text)
        for each in self.on_progress:
            each(text)

    def _mark(self) -> None:
        try:
            write_marker(self.setup.layout)
        except OSError as error:
            self.say("warn", f"{self.setup.layout.prestop}: {error.strerror}")

    async def _shutdown(self, limit: float) -> None:
        """Ask politely, then by SIGTERM; the state machine kills at the deadline."""
        if self._draining is not None:
            self._draining.cancel()
        if self._starting is not None:
            self._starting.cancel()
            self._starting = None
        if not self.server.lives():
            self._look_for_end()
            return
        if self.network is not None and await self.network.shutdown():
            await self._await_end(limit / 2)
        if self.server.lives():
            self.server.terminate()
            await self._await_end()

    def _signalled(self, number: int) -> None:
        name = signals.name_of(number)
        self.say("info", f"{name}: stopping")
        self.feed(Signalled(name))

    # Files and hooks.

    def _hook(self, event: str) -> None:
        if self.setup.hook:
            environment = {**self.setup.environment, "TARS_EVENT": event}
            self._background(self._run_hook(environment))

    async def _run_hook(self, environment: dict[str, str]) -> None:
        reason = await run_script(self._children, self.setup.hook, environment, _SCRIPT)
        if reason:
            self.say("warn", f"TARS_HOOK {reason}: {self.setup.hook}")

    async def _watch(self) -> None:
        """Look at what people and other commands leave in ``data/``."""
        layout = self.setup.layout
        while True:
            await asyncio.sleep(_WATCH)
            held = layout.stop.exists()
            if held != self.state.held:
                self.feed(StopFile(held))
            if not self.state.leaving and marked(layout):
                self.feed(Left())
            if self.server.leader is None and self.state.phase is Phase.RUNNING:
                self._look_for_end()
            info = self._info.changed()
            if info is not None and self.network is not None:
                self.say("info", "server_info.yaml has changed; registering again")
                self.network.use(info)
