"""A call in TARS's JSON mode (version 5): no stubs, parameters by name, out values back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from tars_runtime.errors import CodecError, DecodeError, ServerError
from tars_runtime.net.endpoint import ObjectRef
from tars_runtime.protocol import Code, Version

from tarscli.channel import DirectChannel

__all__ = ["json_call"]

NOTHING: Final[Mapping[str, str]] = {}


async def json_call(
    target: ObjectRef,
    function: str,
    arguments: dict[str, Any],
    timeout: float,
    context: Mapping[str, str] = NOTHING,
) -> dict[str, Any]:
    """Call ``function``; the answer is the out parameters by name and ``tars_ret``.

    Raises `CallError`, and `DecodeError` when the server does not speak JSON.
    """
    channel = DirectChannel(target.name, target.endpoints)
    body = json.dumps(arguments, ensure_ascii=False).encode()
    try:
        response = await channel.exchange(
            function,
            body,
            timeout=timeout,
            context=context,
            status={},
            version=Version.JSON,
        )
    except ServerError as error:
        if error.code == Code.SERVER_DECODE:
            hint = (
                "; it may not know JSON mode: use tars2py call FILE.tars OBJECT METHOD"
            )
            raise ServerError(error.code, error.text + hint) from error
        raise
    finally:
        await channel.close()
    return _object(response.body)


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise _no_json() from error
    if not isinstance(found, dict):
        raise _no_json()
    return found


def _no_json() -> CodecError:
    return DecodeError(
        "expected JSON from the server, got something else: it does not know JSON mode; "
        "use tars2py call FILE.tars OBJECT METHOD"
    )
