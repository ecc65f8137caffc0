"""Names that look like SQL, or like a place in a text, are names like any other."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy.engine import URL
from tars_registry.storage.statements import Statements

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


@pytest.mark.parametrize("tells", [True, False])
async def test_what_an_insert_tells_is_what_is_stored(
    tells: bool,
    mysql: URL,
    open_rig: Callable[..., Rig],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """MariaDB tells with the insert what became of a row, MySQL is asked after it."""
    if not tells:
        monkeypatch.setattr(Statements, "returns", False)
    rig = open_rig(mysql)
    await rig.load()
    objects = [f"Demo.HelloServer.{name}Obj" for name in "ABC"]
    places = [f"tcp -h {NODE} -p {port} -t 3000" for port in (1, 2, 3)]
    both = list(zip(objects, places, strict=True))
    await rig.start(adapters=both)
    await rig.edit(
        "UPDATE t_server_conf SET setting_state = 'inactive', flow_state = 'inactive', "
        "enable_group = 'Y', ip_group_name = 'east', bak_flag = 1, metrics_port = 99"
    )
    await rig.edit("UPDATE t_adapter_conf SET servant = 'x' WHERE servant LIKE '%.B%'")
    await rig.start(server="helloserver", adapters=both[1:], Version="2")
    stored = rig.memory.catalog.servers[rig.key()]
    assert (stored.server_name, stored.patch_version) == ("HelloServer", "2")
    assert (stored.setting_state, stored.flow_state) == ("inactive", "inactive")
    assert (stored.enable_group, stored.ip_group_name) == ("Y", "east")
    assert (stored.bak_flag, stored.metrics_port) == (1, 99)
    rows = await rig.rows("SELECT servant, endpoint FROM t_adapter_conf ORDER BY id")
    assert rows == both[1:]
    again = open_rig(mysql)
    await again.load()
    assert again.memory.catalog.servers == rig.memory.catalog.servers
    assert again.memory.catalog.adapters == rig.memory.catalog.adapters
