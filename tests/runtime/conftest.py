"""What these tests share: imports of docs/contracts/Demo and ``greeter``, and a server."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

HERE = Path(__file__).resolve().parent
for folder in (HERE.parents[1] / "docs" / "contracts", HERE):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))


if TYPE_CHECKING:
    from pair import Pair
    from papers import Papers
    from victim import Victim


@pytest.fixture
async def pair() -> AsyncIterator[Pair]:
    """A server with a greeter, and a client that finds it."""
    from greeter import NAME, Greeter
    from pair import Pair
    from tars_runtime import testing

    servant = Greeter()
    async with testing.serving({NAME: servant}) as (app, client):
        yield Pair(app, client, servant)
        servant.wake.set()


@pytest.fixture
def endpoint() -> Iterator[str]:
    """A server in a thread of its own; gives ``Obj@endpoint``."""
    from greeter import NAME, Greeter
    from tars_runtime import testing

    ready, told = threading.Event(), []
    stop: list[Any] = []

    async def serve() -> None:
        over = asyncio.Event()
        stop.extend((asyncio.get_running_loop(), over))
        async with testing.serving({NAME: Greeter()}) as (app, _):
            told.append(f"{NAME}@{app.endpoint(NAME)}")
            ready.set()
            await over.wait()

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    assert ready.wait(10)
    yield told[0]
    stop[0].call_soon_threadsafe(stop[1].set)
    thread.join(10)


@pytest.fixture(scope="session")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Papers:
    """Certificates, made once."""
    from papers import made_in

    return made_in(tmp_path_factory.mktemp("papers"))


@pytest.fixture
async def victim() -> AsyncIterator[Victim]:
    """A server under attack."""
    from victim import under_attack

    async with under_attack() as attacked:
        yield attacked
