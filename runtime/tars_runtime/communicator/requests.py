"""What a request carries beside its arguments: flags, status entries, what is passed on.

Nothing of a served call is passed on to the calls it makes, save the keys that exist for that:
dyeing and trace. Contexts and status entries would hand secrets to other services.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

from tars_runtime.communicator.trace import next_span
from tars_runtime.protocol import Flag, PacketType, Request, Status
from tars_runtime.rpc import CallOptions, ClientCall, Current
from tars_runtime.rpc.current import CURRENT

__all__ = ["describe", "dyed", "must_pass_on", "request_of"]

PASSED_ON: Final = int(Flag.DYED | Flag.TRACE)
_DYED: ContextVar[str | None] = ContextVar("tars_dyed", default=None)


@contextmanager
def dyed(key: str) -> Iterator[None]:
    """Dye the calls made within: ``with dyed("order-17"): await greeter.greet(...)``."""
    token = _DYED.set(key)
    try:
        yield
    finally:
        _DYED.reset(token)


def must_pass_on() -> bool:
    """Whether the next call carries a dyeing or trace key."""
    current = CURRENT.get(None)
    if current is not None and current.request.message_type & PASSED_ON:
        return True
    return _DYED.get() is not None


def status_of(
    options: CallOptions | None, current: Current | None, set_name: str
) -> tuple[int, dict[str, str]]:
    """The flags and status entries of a call made now."""
    flags = 0
    status = dict(options.status) if options is not None else {}
    if current is not None and current.request.message_type & Flag.TRACE:
        key = next_span(current.status.get(Status.TRACE_KEY, ""))
        if key:
            status.setdefault(Status.TRACE_KEY, key)
    dyeing = _dyeing(options, current)
    if dyeing is not None:
        flags |= Flag.DYED
        if dyeing:
            status.setdefault(Status.DYED_KEY, dyeing)
    if set_name:
        status.setdefault(Status.SET_NAME, set_name)
    for key, flag in _FLAGS.items():
        if key in status:
            flags |= flag
    if options is not None and options.hash is not None:
        flags |= Flag.HASH
    return int(flags), status


_FLAGS: Final = {
    Status.DYED_KEY: Flag.DYED,
    Status.GRID_KEY: Flag.GRID,
    Status.SET_NAME: Flag.SET,
    Status.TRACE_KEY: Flag.TRACE,
}


def _dyeing(options: CallOptions | None, current: Current | None) -> str | None:
    """The key to dye with; ``""`` dyes without a key, ``None`` does not dye."""
    if options is not None and options.dyeing is not None:
        return options.dyeing
    if (key := _DYED.get()) is not None:
        return key
    if current is not None and current.request.message_type & Flag.DYED:
        return current.status.get(Status.DYED_KEY, "")
    return None


def describe(
    call: ClientCall,
    context: Mapping[str, str] | None,
    set_name: str,
) -> ClientCall:
    """Fill in what a call carries, before interceptors see it."""
    call.context = dict(context) if context else {}
    call.flags, call.status = status_of(call.options, CURRENT.get(None), set_name)
    return call


def request_of(call: ClientCall, body: bytes, timeout_ms: int) -> Request:
    """The packet of a call."""
    return Request(
        version=call.options.version if call.options is not None else 1,
        packet_type=PacketType.ONE_WAY if call.one_way else PacketType.NORMAL,
        message_type=call.flags,
        servant=call.object,
        function=call.method.name,
        body=body,
        timeout_ms=timeout_ms,
        context=call.context,
        status=call.status,
    )
