"""What a poll of MySQL reads: what others changed, whenever they did, and nothing of our own."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy.engine import URL
from tars_registry.core.access import Caller
from tars_registry.model import Key

from tests.registry.rig import NODE, Rig

OTHER = "10.0.0.2"


@pytest.fixture
async def rig(mysql: URL, open_rig: Callable[..., Rig]) -> Rig:
    opened = open_rig(mysql)
    await opened.load()
    return opened


async def news(rig: Rig) -> set[Key]:
    """The servers that a poll reads."""
    return set((await rig.store.poll()).servers)


async def test_what_this_registry_wrote_is_not_read_again(rig: Rig) -> None:
    await rig.start(state="activating")
    await rig.start(OTHER, adapters=[])
    assert await news(rig) == set()
    await rig.start()
    await rig.beat(state="active")
    await rig.registrar.register_metrics(NODE, "Demo", "HelloServer", 1, Caller(NODE))
    assert await news(rig) == set()


async def test_what_another_wrote_is_read_once(
    rig: Rig, open_rig: Callable[..., Rig]
) -> None:
    other = open_rig(rig.url)
    await other.load()
    await other.start()
    assert await news(rig) == {rig.key()}
    assert await news(rig) == set()
    assert await news(other) == set()
    await other.stop()
    assert await news(rig) == {rig.key()}
    assert await news(rig) == set()


@pytest.mark.parametrize(
    "edit",
    [
        "UPDATE t_server_conf SET bak_flag = 7",
        "UPDATE t_server_conf SET setting_state = 'inactive'",
        "UPDATE t_server_conf SET ip_group_name = 'g'",
        "UPDATE t_adapter_conf SET endpoint = 'tcp -h 10.9.9.9 -p 1'",
        "UPDATE t_adapter_conf SET queuecap = 3",
    ],
)
async def test_an_edit_in_the_second_of_our_own_write_is_seen(
    rig: Rig, edit: str
) -> None:
    """The stamp does not tell: it is set to what it was."""
    await rig.start()
    await rig.start(OTHER)
    assert await news(rig) == set()
    await rig.edit(
        f"{edit}, registry_timestamp = registry_timestamp WHERE node_name = :node",
        node=OTHER,
    )
    assert await news(rig) == {rig.key(OTHER)}
    assert await news(rig) == set()


async def test_an_edit_of_a_row_that_was_just_read_is_seen(
    rig: Rig, open_rig: Callable[..., Rig]
) -> None:
    other = open_rig(rig.url)
    await other.load()
    await other.start()
    assert await news(rig) == {rig.key()}
    await rig.edit(
        "UPDATE t_server_conf SET bak_flag = 7, registry_timestamp = registry_timestamp"
    )
    assert await news(rig) == {rig.key()}


async def test_a_row_that_was_edited_while_everything_was_read_is_seen(
    rig: Rig, open_rig: Callable[..., Rig]
) -> None:
    await rig.start()
    late = open_rig(rig.url)
    await late.load()
    await rig.edit(
        "UPDATE t_server_conf SET bak_flag = 7, registry_timestamp = registry_timestamp"
    )
    await late.keeper.poll()
    assert late.memory.catalog.servers[rig.key()].bak_flag == 7


async def test_an_adapter_that_went_with_a_registration_is_no_riddle(rig: Rig) -> None:
    await rig.start(
        adapters=[
            (f"Demo.HelloServer.Obj{each}", f"tcp -h {NODE} -p {each}")
            for each in range(1, 4)
        ]
    )
    await rig.start()
    await rig.store.poll()
    assert await news(rig) == set()
    assert rig.active("Demo.HelloServer.Obj2") == []
