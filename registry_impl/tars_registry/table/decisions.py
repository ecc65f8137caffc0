"""What follows from a request, given what is known: which changes, or why not.

Every function is pure. ``context`` is the call's: ``instance`` names the process that speaks,
``report_ms`` says how often it will.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from functools import lru_cache

from tars_registry.lookup import endpoint as endpoints
from tars_registry.model import (
    ACTIVE,
    DEACTIVATING,
    DESTROYED,
    INACTIVE,
    NO_FLOW,
    Adapter,
    Key,
    Server,
    is_yes,
)
from tars_registry.table.changes import Destroy, Expire, Register, SetState
from tars_registry.table.leases import TOLD_EVERY, Lease
from tars_registry.table.requests import AdapterSpec, Registration

__all__ = [
    "address_of",
    "change_of_state",
    "expiry",
    "is_other_instance",
    "register",
    "report_ms",
    "rival",
    "squatters",
    "written_back",
]


def report_ms(context: Mapping[str, str]) -> int | None:
    """The reporting interval that the caller announced, in milliseconds; ``None`` if it did not."""
    text = context.get("report_ms", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def register(
    request: Registration,
    known: Server | None,
    lease: Lease | None,
    *,
    now: float,
    instance: str = "",
    secret: str = "",
    length: float | None = None,
    evict: tuple[int, ...] = (),
) -> Register:
    """The change of an ``onStartup``. What an operator closed stays closed for the same life.

    A life is a lease that has not run out, of the same instance where both name one. The flow
    follows ``disableFlow`` when that changes, and is the operator's otherwise.
    """
    same_life = (
        known is not None
        and lease is not None
        and not lease.is_due(now)
        and not is_other_instance(lease, instance)
    )
    was_no_flow = known is not None and known.grid_flag == NO_FLOW
    if known is None or was_no_flow != request.no_flow:
        flow = INACTIVE if request.no_flow else ACTIVE
    else:
        flow = None
    return Register(
        registration=request,
        instance=instance,
        secret=secret,
        setting_state=None if same_life else ACTIVE,
        flow_state=flow,
        length=length,
        evict=evict,
    )


def written_back(server: Server, adapters: Iterable[Adapter], lease: Lease) -> Register:
    """The change that gives a database back what it lost of a living server."""
    in_set = is_yes(server.enable_set)
    return Register(
        registration=Registration(
            application=server.application,
            server=server.server_name,
            node=server.node_name,
            set_id=(
                (server.set_name, server.set_area, server.set_group) if in_set else None
            ),
            adapters=tuple(
                AdapterSpec(
                    servant=each.servant,
                    endpoint=each.endpoint,
                    protocol=each.protocol,
                    thread_num=each.thread_num,
                    max_connections=each.max_connections,
                    queuecap=each.queuecap,
                    queuetimeout=each.queuetimeout,
                )
                for each in adapters
            ),
            no_flow=server.grid_flag == NO_FLOW,
            state=server.present_state,
            version=server.patch_version,
        ),
        instance=lease.instance,
        secret=lease.secret,
        setting_state=server.setting_state,
        flow_state=server.flow_state,
        length=lease.length,
    )


def change_of_state(known: Server, state: str) -> SetState | Destroy | None:
    """The change of a ``keepAlive``; ``None`` when nothing changes.

    ``deactivating`` is final until the next ``onStartup``: a late ``active`` of a server that is
    being drained must not bring it back. So is ``destroyed``, which old clients say on leaving.
    """
    if known.present_state in (state, DEACTIVATING, DESTROYED):
        return None
    if state == DESTROYED:
        return Destroy(key=known.key)
    return SetState(key=known.key, old=known.present_state, new=state)


def is_other_instance(lease: Lease, instance: str) -> bool:
    """Whether the caller is another process than the one that holds the lease."""
    return bool(lease.instance and instance and lease.instance != instance)


def rival(lease: Lease | None, instance: str, now: float) -> bool:
    """Whether an ``onStartup`` comes from a second, living copy of a server on its node.

    ``instance`` is the pod's identity, a dot, and what tells its processes apart. The same pod
    may always start again; another one waits until the first was silent for two thirds of its
    lease. Outside of pods the part before the dot is empty, and whoever starts last is heard.
    """
    if lease is None or not is_other_instance(lease, instance):
        return False
    pod, _, _ = instance.partition(".")
    other, _, _ = lease.instance.partition(".")
    if not pod or not other or pod == other:
        return False
    return now - lease.beat < lease.length * 2 / 3


def squatters(
    request: Registration, neighbours: Iterable[tuple[Key, Adapter]]
) -> tuple[int, ...]:
    """Adapter rows of other servers of ours at an address where this server listens now.

    Addresses are used again: the server that had this one is gone, and a client that is still
    sent there would reach the wrong server.
    """
    others = [adapter for key, adapter in neighbours if key != request.key]
    if not others:
        return ()
    claimed = {address_of(each.endpoint) for each in request.adapters} - {None}
    return tuple(each.id for each in others if address_of(each.endpoint) in claimed)


def expiry(
    lease: Lease, known: Server | None, others: Iterable[Lease], now: float
) -> Expire | None:
    """The change for a lease that ran out; ``None`` when the server is out of service already.

    Beside another living server the lease's own row is the evidence. That may be behind by as
    long as it was left untold by another registry while the server was alone.
    """
    if known is None or known.present_state == INACTIVE:
        return None
    alone = all(each.key == lease.key or each.is_due(now) for each in others)
    length = lease.length
    if not alone and not lease.heard:
        length *= 1 + TOLD_EVERY
    return Expire(key=lease.key, old=known.present_state, length=length, alone=alone)


@lru_cache(maxsize=endpoints.REMEMBERED)
def address_of(text: str) -> tuple[int, str, int] | None:
    """Transport, host and port of an endpoint that names one place; TCP and TLS are alike."""
    parsed = endpoints.parse(text)
    if parsed is None or parsed.port == 0 or parsed.host == "0.0.0.0":
        return None
    return min(parsed.istcp, 1), _plain(parsed.host), parsed.port


def _plain(host: str) -> str:
    """A host as it is compared: an address in its one usual form."""
    if host.replace(".", "").isdecimal():
        return host  # version 4 has no other form, and this is what most are
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return host.lower()
