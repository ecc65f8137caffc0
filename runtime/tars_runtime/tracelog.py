"""TARS trace: lines about the calls of one trace, at both ends, in the log ``_t_trace_``.

::

    trace = TraceLog(app.logs.daily(NAME), app.name)
    app.interceptors.append(trace.served)
    app.client_interceptors.append(trace.called)

The C++ and Go runtimes write the same lines. A trace begins where a call carries a key (`new_key`)
and is passed on by itself; for new systems OpenTelemetry (`tars_runtime.tracing`) is the better
way. A line is ``trace|span|parent|annotation|client|server|function|milliseconds|code|base64 of
the body's JSON|error`` (TarsCpp `servant/libservant/ServantProxy.cpp`, ``TARS_TRACE``).
"""

from __future__ import annotations

import base64
import logging
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

from tars_runtime.errors import CallError, EncodeError
from tars_runtime.protocol import Code, Flag, Status, Version
from tars_runtime.protocol.bodies import BODIES
from tars_runtime.rpc import ClientCall, ServerCall
from tars_runtime.rpc.current import CURRENT

__all__ = ["NAME", "TraceKey", "TraceLog", "new_key"]

NAME: Final = "_t_trace_"
"""The daily log that the platform's trace service reads."""
TOO_LONG: Final = b'{"trace_param_over_max_len":true}'
CS, CR, SR, SS = 1, 2, 4, 8
"""Client sends, client receives, server receives, server sends: the bits of a key's type."""
ANNOTATIONS: Final = {CS: "cs", CR: "cr", SR: "sr", SS: "ss"}


def new_key(bodies: int = 0, kilobytes: int = 0) -> str:
    """The key of a new trace, for ``CallOptions(status={"STATUS_TRACE_KEY": new_key()})``.

    ``bodies`` adds up which bodies are written: 1 and 2 the client's, 4 and 8 the server's.
    """
    kind = f"{bodies & 15:x}" + (f".{kilobytes}" if kilobytes else "")
    return f"{kind}-{secrets.token_hex(16)}|{secrets.token_hex(8)}"


@dataclass(frozen=True, slots=True)
class TraceKey:
    """``type[.kilobytes]-trace|span``; of three parts the last is the span, as C++ reads them."""

    trace: str
    span: str
    bodies: int
    kilobytes: int

    @classmethod
    def parse(cls, text: str) -> TraceKey | None:
        """``None`` for a key that is none; a type that is none asks for no bodies."""
        parts = text.split("|")
        if len(parts) not in (2, 3) or not parts[0]:
            return None
        kind, dash, _ = parts[0].partition("-")
        bodies, _, kilobytes = kind.partition(".") if dash else ("", "", "")
        return cls(parts[0], parts[-1], _number(bodies, 16), _number(kilobytes, 10))


class TraceLog:
    """The interceptors of both ends; calls that carry no trace key cost next to nothing.

    ``module`` is this process, ``App.Server``. Bodies of more than ``kilobytes``, or of what the
    key allows when that is more, are left out.
    """

    def __init__(
        self, lines: logging.Logger, module: str, *, kilobytes: int = 1
    ) -> None:
        self._lines = lines
        self._module = module
        self._kilobytes = kilobytes

    async def called(
        self, call: ClientCall, proceed: Callable[[ClientCall], Awaitable[Any]]
    ) -> Any:
        """For ``client_interceptors``, or ``Communicator(interceptors=...)``."""
        key = TraceKey.parse(call.status.get(Status.TRACE_KEY, ""))
        if key is None:
            return await proceed(call)
        span = f"{key.trace}|{key.span}|{_parent() or key.span}"
        ends = (self._module, call.object)
        self._write(key, span, CS, ends, call, call.arguments)
        try:
            value = await proceed(call)
        except Exception as error:
            self._write(key, span, CR, ends, call, None, error)
            raise
        if not call.one_way:
            self._write(key, span, CR, ends, call, value)
        return value

    async def served(
        self, call: ServerCall, proceed: Callable[[ServerCall], Awaitable[Any]]
    ) -> Any:
        """For an application's ``interceptors``."""
        current = call.current
        key = TraceKey.parse(current.status.get(Status.TRACE_KEY, ""))
        if key is None or not current.request.message_type & Flag.TRACE:
            return await proceed(call)
        span, ends = f"{key.trace}|{key.span}|*", ("", self._module)
        self._write(key, span, SR, ends, call, call.arguments)
        try:
            value = await proceed(call)
        except Exception as error:
            self._write(key, span, SS, ends, call, None, error)
            raise
        self._write(key, span, SS, ends, call, value)
        return value

    def _write(
        self,
        key: TraceKey,
        span: str,
        side: int,
        ends: tuple[str, str],
        call: ClientCall | ServerCall,
        value: Any,
        error: Exception | None = None,
    ) -> None:
        body = b""
        if key.bodies & side and error is None:
            limit = max(self._kilobytes, key.kilobytes) * 1024
            body = _body(call, side, value)
            body = body if len(body) <= limit else TOO_LONG
        self._lines.info(
            "%s|%s|%s|%s|%s|%d|%d|%s|%s",
            span,
            ANNOTATIONS[side],
            *ends,
            call.function,
            time.time() * 1000,
            _code(error),
            base64.b64encode(body).decode(),
            _plain(error) if error is not None else "",
        )


def _body(call: ClientCall | ServerCall, side: int, value: Any) -> bytes:
    """Arguments or outcome as JSON; nothing for what the schema cannot carry."""
    json = BODIES[Version.JSON]
    try:
        if side in (CS, SR):
            return json.write_arguments(call.method, value)
        written = json.write_result(call.method, value)
    except EncodeError:
        return b""
    return written.replace(b'{"tars_ret":', b'{"":', 1)  # C++ names the result so


def _parent() -> str:
    """The span of the call that is being served."""
    current = CURRENT.get(None)
    key = TraceKey.parse(current.status.get(Status.TRACE_KEY, "")) if current else None
    return key.span if key is not None else ""


def _code(error: Exception | None) -> int:
    if error is None:
        return 0
    return error.code if isinstance(error, CallError) else Code.UNKNOWN


def _plain(error: Exception) -> str:
    """An error as one field of one line."""
    text = error.text if isinstance(error, CallError) else type(error).__name__
    return " ".join(text.replace("|", "/").split())


def _number(text: str, base: int) -> int:
    try:
        number = int(text, base) if text else 0
    except ValueError:
        return 0
    return number if 0 <= number <= (15 if base == 16 else 1 << 20) else 0
