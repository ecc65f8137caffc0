"""OpenTelemetry spans around calls, as interceptors of both ends.

::

    app = Application.from_config(
        "server.conf", interceptors=[server_spans()], client_interceptors=[client_spans()]
    )

The span of the caller travels in the call's context under the names of the configured
propagator, ``traceparent`` as a rule. Only the API is needed here (``pip install
'tars2py[otel]'``); which spans are kept, and where they go, is set up with the SDK.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final

try:
    from opentelemetry import propagate, trace
    from opentelemetry.trace import Span, SpanKind, Status, StatusCode, TracerProvider
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        "expected opentelemetry-api for tars_runtime.tracing, got none: "
        "pip install 'tars2py[otel]'"
    ) from error

from tars_runtime.errors import CallError, ServerError
from tars_runtime.rpc import (
    ClientCall,
    ClientInterceptor,
    ServerCall,
    ServerInterceptor,
)

__all__ = ["client_spans", "server_spans"]

NAME: Final = "tars_runtime"
CODE: Final = "rpc.tars.return_code"


def client_spans(provider: TracerProvider | None = None) -> ClientInterceptor:
    """An interceptor for a `Communicator`: a span for each call that is made.

    A call that fails, or is answered with a code other than 0, is an error.
    """
    tracer = trace.get_tracer(NAME, tracer_provider=provider)

    async def around(
        call: ClientCall, proceed: Callable[[ClientCall], Awaitable[Any]]
    ) -> Any:
        with tracer.start_as_current_span(
            f"{call.object}/{call.function}",
            kind=SpanKind.CLIENT,
            attributes=_attributes(call),
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            propagate.inject(call.context)
            try:
                return await proceed(call)
            except Exception as error:
                _failed(span, error)
                raise
            finally:
                _went_to(span, call.endpoint)

    return around


def server_spans(provider: TracerProvider | None = None) -> ServerInterceptor:
    """An interceptor for an `Application`: a span for each call that is served.

    A `ServerError` that the servant raises is an answer, and its code is noted; any other
    exception is an error.
    """
    tracer = trace.get_tracer(NAME, tracer_provider=provider)

    async def around(
        call: ServerCall, proceed: Callable[[ServerCall], Awaitable[Any]]
    ) -> Any:
        with tracer.start_as_current_span(
            f"{call.object}/{call.function}",
            context=propagate.extract(call.current.context),
            kind=SpanKind.SERVER,
            attributes=_attributes(call),
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            span.set_attribute("client.address", call.current.peer[0])
            try:
                return await proceed(call)
            except ServerError as error:
                if error.object:
                    _failed(span, error)  # of a call that the servant made itself
                else:
                    span.set_attribute(CODE, error.code)
                raise
            except Exception as error:
                _failed(span, error)
                raise

    return around


def _attributes(call: ClientCall | ServerCall) -> dict[str, str]:
    return {
        "rpc.system": "tars",
        "rpc.service": call.object,
        "rpc.method": call.function,
    }


def _failed(span: Span, error: Exception) -> None:
    span.set_status(Status(StatusCode.ERROR, str(error)))
    if isinstance(error, CallError):
        span.set_attribute(CODE, error.code)
    span.record_exception(error)


def _went_to(span: Span, endpoint: str) -> None:
    host, colon, port = endpoint.rpartition(":")
    if colon and port.isdigit():
        span.set_attribute("server.address", host)
        span.set_attribute("server.port", int(port))
