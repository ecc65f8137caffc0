"""The door of an ``ssl`` endpoint: who is turned away before a handshake, and with which papers.

A handshake costs the server far more than its client, so that peers that may not connect, or for
whom there is no room, are hung up on before it. Each handshake uses the certificates of its moment.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
from collections.abc import Callable
from typing import Any, Final

from tars_runtime.net.tls import ServerTls

__all__ = ["Door"]

log = logging.getLogger("tars.net")

HANDSHAKE: Final = 10.0
"""Seconds that a TLS handshake may take."""
AT_ONCE: Final = 64
"""Connections that are accepted in one turn of the loop."""
BREATH: Final = 1.0
"""Seconds without accepting when the process has no file left for a connection."""
EXHAUSTED: Final = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)


class Door:
    """Accepts at one listening socket and shakes hands."""

    def __init__(
        self,
        door: socket.socket,
        tls: ServerTls,
        *,
        lets_in: Callable[[tuple[str, int]], bool],
        connect: Callable[[], Any],
    ) -> None:
        """``lets_in`` is asked with the peer's address; ``connect`` makes a protocol."""
        self._door = door
        self._tls = tls
        self._lets_in = lets_in
        self._connect = connect
        self._loop = asyncio.get_running_loop()
        self._waiting: asyncio.TimerHandle | None = None
        self.shaking: dict[asyncio.Task[None], Any] = {}
        """The protocols whose handshake goes on."""

    def open(self, backlog: int) -> None:
        """Listen; raises `OSError`."""
        self._door.setblocking(False)
        self._door.listen(backlog)
        self._watch()

    def _watch(self) -> None:
        self._waiting = None
        self._loop.add_reader(self._door.fileno(), self._accept)

    def _accept(self) -> None:
        for _ in range(AT_ONCE):
            try:
                accepted, address = self._door.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                self._cannot(error)
                return
            if self._lets_in((str(address[0]), int(address[1]))):
                accepted.setblocking(False)
                self._shake_hands(accepted)
            else:
                accepted.close()

    def _cannot(self, error: OSError) -> None:
        if error.errno not in EXHAUSTED:
            raise error
        log.error("no connection is accepted for %g s: %s", BREATH, error.strerror)
        self._loop.remove_reader(self._door.fileno())
        self._waiting = self._loop.call_later(BREATH, self._watch)

    def _shake_hands(self, accepted: socket.socket) -> None:
        protocol = self._connect()
        task = self._loop.create_task(self._handshake(protocol, accepted))
        self.shaking[task] = protocol
        task.add_done_callback(self.shaking.pop)

    async def _handshake(self, protocol: Any, accepted: socket.socket) -> None:
        try:
            await self._loop.connect_accepted_socket(
                lambda: protocol,
                accepted,
                ssl=self._tls.context,
                ssl_handshake_timeout=HANDSHAKE,
            )
        except OSError as error:  # what TLS says is one, and a time-out
            log.debug("a TLS handshake failed: %s", error)

    def close(self) -> None:
        """Accept no more; handshakes that have begun go on."""
        if self._waiting is not None:
            self._waiting.cancel()
        elif self._door.fileno() >= 0:
            self._loop.remove_reader(self._door.fileno())
        self._door.close()

    async def abort(self) -> None:
        """End the handshakes that go on."""
        tasks = list(self.shaking)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
