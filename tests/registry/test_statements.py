"""Names that look like SQL, or like a place in a text, are names like any other."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy.engine import URL

from tests.registry.conftest import STRICT
from tests.registry.mariadb import MariaDB
from tests.registry.rig import NODE, Rig

NAMES = [
    "It's",
    "back\\slash",
    "ends\\",
    "100%",
    "%s %(x)s :name ?",
    "{} {0} {unix}",
    '"quoted" `so`',
    "'; DROP TABLE t_server_conf; --",
    "наш сервер",
]


async def stays(rig: Rig, open_rig: Callable[..., Rig], server: str) -> None:
    """Register, beat, be read by a poll and by a start, be taken out."""
    servant = f"Demo.{server}.Obj"
    endpoint = f"tcp -h {NODE} -p 1 -t 2"
    for _ in range(2):
        await rig.start(server=server, adapters=[(servant, endpoint)])
    await rig.beat(server=server, state="inactive")
    await rig.keeper.poll()
    stored = rig.memory.catalog.servers[rig.key(server=server)]
    assert (stored.server_name, stored.present_state) == (server, "inactive")
    assert await rig.rows("SELECT server_name, servant FROM t_adapter_conf") == [
        (server, servant)
    ]
    await rig.close()
    again = open_rig(rig.url)
    await again.load()
    catalog = again.memory.catalog
    assert catalog.servers == rig.memory.catalog.servers
    assert catalog.adapters == rig.memory.catalog.adapters
    assert again.memory.leases.get(rig.key(server=server)) is not None
    await again.stop(server=server)
    assert await again.rows("SELECT id FROM t_server_conf") == []


@pytest.mark.parametrize("server", NAMES)
async def test_a_name_is_stored_as_it_is(
    rig: Rig, open_rig: Callable[..., Rig], server: str
) -> None:
    await stays(rig, open_rig, server)


@pytest.mark.parametrize("server", NAMES)
async def test_it_is_also_where_a_backslash_escapes_nothing(
    mariadb: MariaDB, mysql: URL, open_rig: Callable[..., Rig], server: str
) -> None:
    mariadb.execute(f"SET GLOBAL sql_mode = '{STRICT},NO_BACKSLASH_ESCAPES'")
    rig = open_rig(mysql)
    await rig.load()
    try:
        await stays(rig, open_rig, server)
    finally:
        mariadb.execute(f"SET GLOBAL sql_mode = '{STRICT}'")
