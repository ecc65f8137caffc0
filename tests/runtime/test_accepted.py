"""Writing to a client that is behind: waited for while it takes something, left otherwise."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tars_runtime.net import accepted
from tars_runtime.net.accepted import AcceptedConnection


class Keeper:
    """Admits all."""

    def admit(self, connection: AcceptedConnection) -> bool:
        return True

    def forget(self, connection: AcceptedConnection) -> None: ...


class Behind(asyncio.Transport):
    """A transport whose peer takes so many bytes each time that somebody looks."""

    def __init__(self, takes: int) -> None:
        super().__init__()
        self.waits, self.takes, self.aborted = 0, takes, False
        self.connection: AcceptedConnection | None = None

    def write(self, data: Any) -> None:
        self.waits += len(data)
        assert self.connection is not None
        self.connection.pause_writing()

    def get_write_buffer_size(self) -> int:
        self.waits = max(0, self.waits - self.takes)
        if not self.waits and self.connection is not None:
            self.connection.resume_writing()
        return self.waits

    def is_closing(self) -> bool:
        return self.aborted

    def abort(self) -> None:
        self.aborted = True


def to(transport: Behind) -> AcceptedConnection:
    connection = AcceptedConnection(asyncio.get_running_loop(), Keeper())
    connection.began = lambda: None  # type: ignore[method-assign]
    connection.connection_made(transport)
    transport.connection = connection
    return connection


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accepted, "STALLED", 0.01)


async def test_who_takes_something_is_waited_for() -> None:
    transport = Behind(takes=10)
    await asyncio.wait_for(to(transport).write(bytes(100)), 5)
    assert not transport.aborted


async def test_who_takes_nothing_is_left() -> None:
    transport = Behind(takes=0)
    with pytest.raises(ConnectionResetError, match="the client takes nothing"):
        await asyncio.wait_for(to(transport).write(bytes(100)), 5)
    assert transport.aborted
