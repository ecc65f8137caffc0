"""Who may ask for what, in each mode."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tars_registry.core.access import Access
from tars_registry.refusals import REFUSED
from tars_registry.storage.location import locate
from tars_runtime.errors import ServerError

from tests.registry.rig import NODE, Rig

OPEN = Callable[..., Rig]
STRANGER = "10.9.9.9"


@pytest.fixture
async def guarded(tmp_path: Path, open_rig: OPEN) -> Callable[..., Any]:
    async def opened(mode: str = "require", **rules: Any) -> Rig:
        rig = open_rig(
            locate("", str(tmp_path / "registry.db"), {}),
            access=Access(mode=mode, token="s3cret", **rules),
        )
        await rig.load()
        return rig

    return opened


async def refused(call: Any, reason: str) -> None:
    with pytest.raises(ServerError, match=reason) as caught:
        await call
    assert caught.value.code == REFUSED, "positive: clients must not take us for broken"


@pytest.mark.parametrize(
    ("adapter", "reason"),
    [
        pytest.param(
            ("tars.tarsconfig.ConfigObj", "tcp -h 10.0.0.1 -p 1"),
            "does not start with",
            id="another's servant",
        ),
        pytest.param(
            ("Demo.HelloServer.A", "tcp -h 169.254.169.254 -p 80"),
            "cannot be called",
            id="link-local",
        ),
        pytest.param(
            ("Demo.HelloServer.A", "tcp -h 224.0.0.1 -p 80"),
            "cannot be called",
            id="multicast",
        ),
        pytest.param(
            ("Demo.HelloServer.A", "tcp -h * -p 80"),
            "cannot be called",
            id="unspecified",
        ),
        pytest.param(
            ("Demo.HelloServer.A", "tcp -h 127.0.0.1 -p 80"),
            "is loopback",
            id="loopback",
        ),
        pytest.param(
            ("Demo.HelloServer.A", "tcp -h 10.0.0.2 -p 80"),
            "neither the node",
            id="another pod",
        ),
        pytest.param(
            ("Demo.HelloServer.A", "tcp -h evil.example -p 80"),
            "is not the node",
            id="a name",
        ),
    ],
)
async def test_a_registration_may_not_name_what_is_not_its_own(
    guarded: Callable[..., Any], adapter: tuple[str, str], reason: str
) -> None:
    rig = await guarded()
    await refused(rig.start(adapters=[adapter]), reason)
    await refused(rig.start(adapters=[adapter], context={"token": "s3cret"}), reason)


async def test_an_endpoint_may_be_in_an_allowed_network(
    guarded: Callable[..., Any],
) -> None:
    rig = await guarded(networks=(ipaddress.ip_network("10.7.0.0/16"),))
    await rig.start(adapters=[("Demo.HelloServer.A", "tcp -h 10.7.1.1 -p 80")])
    assert rig.active("Demo.HelloServer.A") == ["10.7.1.1"]


async def test_a_server_registers_its_own_address_or_has_the_token(
    guarded: Callable[..., Any],
) -> None:
    rig = await guarded()
    await refused(rig.start(address=STRANGER), "not the address that calls")
    await rig.start(address=STRANGER, context={"token": "s3cret"})
    assert rig.active() == [NODE]


async def test_the_secret_of_a_registration_proves_who_beats_and_leaves(
    guarded: Callable[..., Any],
) -> None:
    rig = await guarded()
    answer = await rig.start()
    await refused(rig.beat(state="inactive", address=STRANGER), "secret")
    wrong = {"secret": "guess"}
    await refused(rig.stop(address=STRANGER, context=wrong), "secret")
    await rig.beat(state="inactive", address=STRANGER, context=answer)
    assert rig.inactive() == [NODE]
    await rig.stop(address=STRANGER, context=answer)
    assert rig.inactive() == []


async def test_secrets_are_not_stored(guarded: Callable[..., Any]) -> None:
    rig = await guarded()
    answer = await rig.start()
    stored = await rig.rows("SELECT secret FROM tars2py_lease WHERE app <> ''")
    assert stored != [(answer["secret"],)]
    assert len(str(stored[0][0])) == 64


async def test_an_old_client_is_known_by_its_address(
    guarded: Callable[..., Any],
) -> None:
    rig = await guarded()
    await rig.start()
    await rig.beat(state="inactive")
    assert rig.inactive() == [NODE]
    await refused(
        rig.beat(application="", server="", address=STRANGER), "not the address"
    )
    await refused(
        rig.stop(application="", server="", address=STRANGER), "not the address"
    )


async def test_the_platforms_own_names_need_the_token_or_a_permission(
    guarded: Callable[..., Any],
) -> None:
    rig = await guarded(reserved=("tars.tarsnotify",))
    start = rig.start
    from tars_registry.core.access import Caller
    from tars_registry.table.requests import Registration
    from tars_runtime.interfaces.tars import onStartupReq

    async def register(server: str, **context: str) -> None:
        request = onStartupReq(nodeName=NODE, application="tars", server=server)
        await rig.registrar.on_startup(Registration.of(request), Caller(NODE, context))

    await refused(register("tarsconfig"), "is the platform's")
    await register("tarsconfig", token="s3cret")
    await register("tarsnotify")
    await start()


async def test_trusted_networks_need_neither(guarded: Callable[..., Any]) -> None:
    rig = await guarded(trusted=(ipaddress.ip_network("10.9.0.0/16"),))
    await rig.start(address=STRANGER)
    await rig.beat(address=STRANGER)


async def test_report_counts_and_allows(guarded: Callable[..., Any]) -> None:
    rig = await guarded("report")
    await rig.start(
        address=STRANGER,
        adapters=[("tars.tarsconfig.ConfigObj", "tcp -h 127.0.0.1 -p 1")],
    )
    assert dict(rig.registrar.access.counts) == {
        "servant": 1,
        "endpoint": 1,
        "address": 1,
    }
    assert len(rig.memory.catalog.servers) == 1


async def test_a_registry_on_loopback_takes_endpoints_on_loopback(
    guarded: Callable[..., Any],
) -> None:
    rig = await guarded(loopback=True)
    local = [("Demo.HelloServer.A", "tcp -h 127.0.0.1 -p 80")]
    await rig.start("127.0.0.1", adapters=local)
    assert rig.active("Demo.HelloServer.A") == ["127.0.0.1"]


async def test_off_checks_nothing(guarded: Callable[..., Any]) -> None:
    rig = await guarded("off")
    await rig.start(address=STRANGER, adapters=[("a.b.c", "tcp -h 127.0.0.1 -p 1")])
    assert not rig.registrar.access.counts


async def test_bulk_commands_need_the_token(guarded: Callable[..., Any]) -> None:
    from tars_registry.core.access import Caller

    rig = await guarded()
    with pytest.raises(ServerError, match="token"):
        rig.registrar.access.administration(Caller(STRANGER))
    rig.registrar.access.administration(Caller(STRANGER, {"token": "s3cret"}))


async def test_bulk_commands_touch_only_what_is_ours_and_only_the_count_agreed(
    guarded: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    rig = await guarded("off")
    await rig.start("10.0.0.1")
    await rig.start("10.0.0.2")
    await rig.edit(
        "INSERT INTO t_server_conf (application, server_name, node_name, setting_state, "
        "present_state) VALUES ('Demo', 'HelloServer', '10.0.0.3', 'active', 'active')"
    )
    await rig.keeper.poll()
    servers = rig.operator.servers("demo", "*", "")
    assert len(servers) == 3
    assert len(await rig.operator.set_flow(servers, opened=False, expected=3)) == 2
    assert len(rig.active()) == 2, "nothing was done: two are ours, not three"
    with caplog.at_level("INFO", "tarsregistry.audit"):
        await rig.operator.set_flow(servers, opened=False, expected=2)
    assert rig.inactive() == ["10.0.0.1", "10.0.0.2"]
    assert caplog.messages == [
        "flow of demo.helloserver on 10.0.0.1: inactive",
        "flow of demo.helloserver on 10.0.0.2: inactive",
    ]
