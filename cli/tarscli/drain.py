"""When a drain is over, and the steps of one.

Clients refresh their lists every 60 s and keep idle connections, so that nothing in flight now
proves nothing about the next minute: first a floor, counted from the registry's
acknowledgement, then evidence from the server itself, and never longer than the ceiling.
Servers that do not know ``tars.drainstatus`` give no evidence, and are waited for in full.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from tars_runtime.errors import TarsError

__all__ = ["DrainReport", "Evidence", "Writer", "drain", "enough", "parse_evidence"]

QUIET = 5.0
"""Seconds without a request that count as idle."""

RETRY = 1.0
POLL = 0.5
LAST_TRIES = 2
"""Of removing the row; one when the registry was silent for the whole drain."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the server says of itself (``tars.drainstatus``)."""

    inflight: int
    connections: int
    idle: float
    """Seconds since the last request."""


def parse_evidence(text: str) -> Evidence | None:
    """The server's answer; anything else than its JSON is no evidence."""
    try:
        found = json.loads(text)
        return Evidence(
            int(found["inflight"]), int(found["connections"]), found["idle_ms"] / 1000
        )
    except (ValueError, KeyError, TypeError):
        return None


def enough(
    waited: float,
    acknowledged: float | None,
    evidence: Evidence | None,
    floor: float,
    ceiling: float,
) -> str:
    """Why the drain is over, or an empty text.

    ``waited`` and ``acknowledged`` (when the registry took the state) are seconds since the
    drain began.
    """
    if waited >= ceiling:
        return "the longest wait is over"
    if acknowledged is None or evidence is None:
        return ""
    if waited - acknowledged < min(floor, ceiling):
        return ""
    if evidence.inflight == 0 and evidence.idle >= QUIET:
        return "no request is in flight and none came"
    return ""


class Writer(Protocol):
    """The one who speaks to registry and server."""

    async def deactivate(self) -> None:
        """Tell the registry `deactivating`; raises `TarsError`."""

    async def deregister(self) -> None:
        """Remove the row; raises `TarsError`."""

    async def tell_server(self) -> None:
        """Tell the server that it leaves (``notify prestop``); raises `TarsError`."""

    async def evidence(self) -> Evidence | None:
        """What the server says; `None` when it says nothing useful."""


@dataclass(slots=True)
class DrainReport:
    """What was done, and what could not be."""

    acknowledged: float | None = None
    told: bool = False
    waited: float = 0.0
    why: str = ""
    deregistered: bool = False
    problems: list[str] = field(default_factory=list[str])

    @property
    def complete(self) -> bool:
        """The registry knew in time, and the row is gone."""
        return self.acknowledged is not None and self.deregistered


async def drain(
    writer: Writer,
    *,
    floor: float,
    ceiling: float,
    progress: Callable[[str], None],
) -> DrainReport:
    """Leave the registry; takes at most ``ceiling`` seconds and a few for the last calls."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    report = DrainReport()
    tried = asyncio.Event()
    telling = asyncio.ensure_future(_tell(writer, report, began, tried))
    try:
        await _wait(writer, report, began, floor, ceiling, progress)
        await _tried_once(tried)
    finally:
        telling.cancel()
        await asyncio.wait([telling])
    report.waited = loop.time() - began
    await _deregister(writer, report)
    progress(f"left the registry after {report.waited:.1f} s: {report.why}")
    return report


async def _tried_once(tried: asyncio.Event) -> None:
    """However short the drain: registry and server hear of it, if they listen."""
    try:
        async with asyncio.timeout(2 * RETRY):
            await tried.wait()
    except TimeoutError:
        return


async def _tell(
    writer: Writer, report: DrainReport, began: float, tried: asyncio.Event
) -> None:
    """Registry first, again until it answers; then the server."""
    loop = asyncio.get_running_loop()
    while report.acknowledged is None:
        try:
            await writer.deactivate()
            report.acknowledged = loop.time() - began
        except TarsError as error:
            _note(report, f"deactivating was not taken: {error}")
            await asyncio.sleep(RETRY if report.told else 0)
        if not report.told:
            report.told = True
            try:
                await writer.tell_server()
            except TarsError as error:
                _note(report, f"the server was not told: {error}")
        tried.set()


async def _wait(
    writer: Writer,
    report: DrainReport,
    began: float,
    floor: float,
    ceiling: float,
    progress: Callable[[str], None],
) -> None:
    loop = asyncio.get_running_loop()
    shown = began
    while True:
        waited = loop.time() - began
        known = report.acknowledged
        evidence = None
        if known is not None and waited - known >= min(floor, ceiling):
            evidence = await writer.evidence()
        report.why = enough(loop.time() - began, known, evidence, floor, ceiling)
        if report.why:
            return
        if loop.time() - shown >= 5.0:
            shown = loop.time()
            progress(_state(waited, ceiling, report, evidence))
        await asyncio.sleep(min(POLL, max(ceiling - waited, 0.001)))


async def _deregister(writer: Writer, report: DrainReport) -> None:
    tries = LAST_TRIES if report.acknowledged is not None else 1
    for left in reversed(range(tries)):
        try:
            await writer.deregister()
        except TarsError as error:
            _note(report, f"the row was not removed: {error}")
            await asyncio.sleep(RETRY if left else 0)
        else:
            report.deregistered = True
            return


def _note(report: DrainReport, text: str) -> None:
    if text not in report.problems:
        report.problems.append(text)


def _state(
    waited: float, ceiling: float, report: DrainReport, evidence: Evidence | None
) -> str:
    known = (
        "the registry knows"
        if report.acknowledged is not None
        else "the registry is silent"
    )
    seen = f", {evidence.inflight} in flight" if evidence else ""
    return f"draining: {waited:.0f} of at most {ceiling:.0f} s, {known}{seen}"
