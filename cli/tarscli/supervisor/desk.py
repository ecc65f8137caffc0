"""Where others ask the supervisor: the control socket and the probe port."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from tarscli.drain import DrainReport
from tarscli.marker import clear_marker
from tarscli.states import Ordered, Phase, Prestop, Word
from tarscli.supervisor import answers
from tarscli.supervisor.control_server import ControlServer
from tarscli.supervisor.loop import Supervisor
from tarscli.supervisor.probes import ProbeServer
from tarscli.supervisor.reporter import Figures

__all__ = ["Desk"]

_STEP = 0.1
_PATIENCE = 70.0
_ORDERS = {"start", "stop", "restart"}


class Desk:
    """Answers questions about one supervisor and passes orders on."""

    def __init__(self, supervisor: Supervisor) -> None:
        self._supervisor = supervisor
        self._control = ControlServer(supervisor.setup.layout, self._answers)
        self._probes = ProbeServer(
            {
                "/live": lambda: (200, "ok\n"),
                "/ready": self._ready,
                "/startup": self._startup,
                "/metrics": lambda: (200, self._metrics()),
            }
        )

    async def open(self) -> None:
        """Listen; what cannot be opened is said, and is no reason to end."""
        setup = self._supervisor.setup
        try:
            await self._control.open()
        except OSError as error:
            self._supervisor.say("warn", f"{setup.layout.socket}: {error}")
        if not setup.probe_port:
            return
        try:
            await self._probes.open(setup.info.local_ip, setup.probe_port)
        except OSError as error:
            self._supervisor.say(
                "error", f"TARS_PROBE_PORT={setup.probe_port}: {error}"
            )

    def close(self) -> None:
        """Listen no more."""
        self._control.close()
        self._probes.close()

    async def _answers(self, request: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
        command = request.get("command")
        if command == "prestop":
            async for answer in self._prestop(request):
                yield answer
        elif command in _ORDERS:
            yield await self._order(str(command))
        elif command == "status":
            yield {"done": True, "status": self._status()}
        else:
            yield {"done": True, "error": f"unknown command {command!r}"}

    async def _prestop(self, request: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
        """Begin the drain, or join the one that runs; ends when it does."""
        supervisor = self._supervisor
        lines: asyncio.Queue[str] = asyncio.Queue()
        supervisor.on_progress.append(lines.put_nowait)
        try:
            supervisor.floor = float(request.get("floor", supervisor.floor))
            supervisor.feed(Prestop(float(request.get("ceiling", -1.0))))
            while (
                not supervisor.state.drained
                and supervisor.state.phase is not Phase.OVER
            ):
                try:
                    async with asyncio.timeout(_STEP):
                        yield {"progress": await lines.get()}
                except TimeoutError:
                    continue
            while not lines.empty():
                yield {"progress": lines.get_nowait()}
        finally:
            supervisor.on_progress.remove(lines.put_nowait)
        report = supervisor.drain_report or DrainReport()
        yield {"done": True, "problems": report.problems, "left": report.complete}

    async def _order(self, what: str) -> dict[str, Any]:
        supervisor = self._supervisor
        stop_file = supervisor.setup.layout.stop
        try:
            if what == "stop":
                stop_file.touch()
            else:
                stop_file.unlink(missing_ok=True)
                clear_marker(supervisor.setup.layout)
        except OSError as error:
            return {"done": True, "error": f"{stop_file}: {error.strerror}"}
        starts = supervisor.state.starts
        supervisor.feed(Ordered(what))
        until = supervisor.now() + _PATIENCE
        # Orders are rare and come from people: no event is kept for them.
        while supervisor.now() < until and self._waits(what, starts):  # noqa: ASYNC110
            await asyncio.sleep(_STEP)
        if self._waits(what, starts):
            return {"done": True, "error": f"{what}: not done within {_PATIENCE:g} s"}
        return {"done": True, "status": self._status()}

    def _waits(self, what: str, starts: int) -> bool:
        """Whether an order that came after ``starts`` starts is not yet obeyed."""
        state = self._supervisor.state
        if what == "stop":
            return state.phase not in (Phase.HELD, Phase.OVER)
        begun = state.phase is Phase.RUNNING
        return not begun or (what == "restart" and state.starts == starts)

    def _status(self) -> dict[str, Any]:
        supervisor = self._supervisor
        return answers.status(
            supervisor.state,
            supervisor.setup.policy,
            self._figures(),
            supervisor.server.leader,
            supervisor.now(),
        )

    def _figures(self) -> Figures:
        network = self._supervisor.network
        return network.reporter.figures if network is not None else Figures()

    def _ready(self) -> tuple[int, str]:
        supervisor = self._supervisor
        if answers.is_ready(supervisor.state, supervisor.setup.policy):
            return 200, "active\n"
        return 503, f"not active:{supervisor.state.word}\n"

    def _startup(self) -> tuple[int, str]:
        begun = self._supervisor.state.word is not Word.ACTIVATING
        return (200, "started\n") if begun else (503, "activating\n")

    def _metrics(self) -> str:
        supervisor = self._supervisor
        return answers.metrics(
            supervisor.state, supervisor.setup.policy, self._figures(), supervisor.now()
        )
