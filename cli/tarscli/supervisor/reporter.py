"""The one who speaks to the registry: registers, beats, and never holds anybody up.

Only the newest state is kept. Calls go out one at a time, so that a late `active` cannot
overtake a `deactivating`. A registry that does not answer is asked again after 0.5 s, doubling
to 30 s, each with jitter.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from tars_runtime.errors import CallTimeout, TarsError

from tarscli.registry_client import RegistryClient
from tarscli.states import Word

__all__ = ["Reporter", "retry_delay"]

_FIRST, _LONGEST = 0.5, 30.0
_LOST_JITTER = 5.0
"""Seconds over which the pods of a restarted registry register again; a sixth of the interval,
where that is shorter."""


def retry_delay(failures: int, chance: float) -> float:
    """Seconds before the next attempt; ``chance`` is from 0 to 1."""
    return min(_FIRST * 2.0 ** max(failures - 1, 0), _LONGEST) * (0.75 + chance / 2)


@dataclass(slots=True)
class Figures:
    """What status and metrics show of the registry."""

    registered: int = 0
    beats: int = 0
    failures: int = 0
    last_error: str = ""
    last_success: float = 0.0
    latency: float = 0.0


@dataclass(slots=True)
class Reporter:
    """Keeps the registry informed of one server."""

    client: RegistryClient
    interval: float
    version: str
    disable_flow: bool
    on_registered: Callable[[], None]
    on_acknowledged: Callable[[Word], None]
    say: Callable[[str, str], None]
    word: Word = Word.ACTIVATING
    figures: Figures = field(default_factory=Figures)
    _wanted: bool = False
    _registered: bool = False
    _leaving: bool = False
    _doubtful: bool = False
    _failures: int = 0
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _line: asyncio.Lock = field(default_factory=asyncio.Lock)

    def register(self) -> None:
        """Register (again) with whatever the state is then."""
        self._wanted, self._registered, self._leaving = True, False, False
        self._changed.set()

    def report(self, word: Word) -> None:
        """The newest state; older ones that were not sent are forgotten."""
        self.word = word
        self._changed.set()

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            pause = await self._round()
            if self._failures:
                await asyncio.sleep(min(_FIRST, pause))
                pause -= _FIRST
            await self._wait(pause)

    async def _wait(self, pause: float) -> None:
        try:
            async with asyncio.timeout(max(pause, 0)):
                await self._changed.wait()
        except TimeoutError:
            return

    async def _round(self) -> float:
        """One call if one is due; returns the seconds until the next is."""
        self._changed.clear()
        if not self._wanted or self._leaving:
            return self.interval
        try:
            async with self._line:
                if self._leaving:
                    return self.interval
                pause = await self._speak()
        except (TarsError, OSError) as error:
            return self._failed(error)
        self._failures = 0
        return pause

    async def _speak(self) -> float:
        if not self._registered:
            return await self._startup()
        return await self._beat()

    async def _startup(self) -> float:
        word = self.word
        await self._timed(
            self.client.on_startup(word.value, self.version, self.disable_flow)
        )
        self._registered = True
        self.figures.registered += 1
        self.on_registered()
        port = self.client.info.server.metrics_port
        if port:
            await self.client.register_metrics(port)
        return 0.0

    async def _beat(self) -> float:
        word = self.word
        known = await self._timed(self.client.keep_alive(word.value))
        self.figures.beats += 1
        self.on_acknowledged(word)
        if not known:
            self.say(
                "warn", "the registry does not know this server; registering again"
            )
            self._registered = False
            return random.uniform(0, min(_LOST_JITTER, self.interval / 6))
        return self.interval * random.uniform(0.9, 1.1) if self.word is word else 0.0

    async def _timed(self, call: Awaitable[bool | None]) -> bool:
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            answer = await call
        except CallTimeout:
            self._doubtful = True
            raise
        self._doubtful = False
        self.figures.latency = loop.time() - began
        self.figures.last_success = loop.time()
        return answer is not False

    def _failed(self, error: Exception) -> float:
        self._failures += 1
        self.figures.failures += 1
        text = str(error)
        if text != self.figures.last_error or self._failures == 1:
            self.say(
                "warn", f"the registry was not reached, and is asked again: {text}"
            )
        self.figures.last_error = text
        return retry_delay(self._failures, random.random())

    async def deactivate(self) -> None:
        """Stop beating, then send `deactivating`; raises `TarsError`.

        An attempt that was not answered may still be on its way: then it is sent twice.
        """
        self._leaving = True
        async with self._line:
            again = self._doubtful
            await self._timed(self.client.keep_alive(Word.DEACTIVATING.value))
            if again:
                await self._timed(self.client.keep_alive(Word.DEACTIVATING.value))

    def silence(self) -> None:
        """Say nothing more until `register` is called again."""
        self._leaving = True

    async def deregister(self) -> None:
        """Remove the rows; raises `TarsError`."""
        self._leaving = True
        async with self._line:
            await self.client.on_prestop()

    async def farewell(self, word: Word) -> None:
        """A last state without waiting for more than one attempt; raises `TarsError`."""
        if self._leaving or not self._registered:
            return
        self._leaving = True
        async with self._line:
            await self.client.keep_alive(word.value)
