"""The frames that end a request: a success, a failure, a refusal; none for one-way requests."""

from __future__ import annotations

from typing import Any

from tars_runtime.application.failures import unwritable
from tars_runtime.application.job import Job
from tars_runtime.errors import EncodeError
from tars_runtime.protocol import Code, Request, meaning, send_error, send_reply
from tars_runtime.protocol.bodies import BODIES
from tars_runtime.protocol.plain import write_success

__all__ = ["failure", "refusal", "success"]


def success(job: Job, value: Any, body: bytes | None = None) -> bytes | None:
    """The answer that a method gave; raises `EncodeError` when it cannot be written.

    ``body`` are the value's TARS bytes, if they are there already.
    """
    request, route = job.request, job.route
    if request.version != 1:
        body = BODIES[request.version].write_result(route.method, value)
    elif body is None:
        body = route.build(value)
    if request.packet_type:
        return None
    if job._reply_maps is not None:
        context, status = job._reply_maps
        return send_reply(request, body, status=status, context=context)
    if request.version == 1 and not request.message_type:
        return write_success(request.request_id, body)
    return send_reply(request, body)


def failure(job: Job, code: int, text: str) -> bytes | None:
    """The answer for a method that failed."""
    request = job.request
    if request.packet_type:
        return None
    if job.has_reply_maps:
        status, context = job.reply_status, job.reply_context
        try:
            return send_error(request, code, text, status=status, context=context)
        except EncodeError as error:
            unwritable(error, job.where)
    return send_error(request, code, text)


def refusal(request: Request, code: Code, detail: str) -> bytes | None:
    """The answer for a request that no method saw."""
    if request.packet_type:
        return None
    text = f"{meaning(code)}: {detail}" if detail else meaning(code)
    return send_error(request, code, text)
