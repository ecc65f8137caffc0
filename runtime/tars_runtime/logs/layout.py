r"""How a line looks: as the C++ runtime writes it, or as one JSON object.

::

    2026-05-04 10:11:12|4711|DEBUG|card 3 goes out          a rolling log
    2026-05-04 10:11:12|card 3 goes out                     a daily log
    {"time": "2026-05-04T10:11:12.345+02:00", "level": "DEBUG", ...}

The second column of a rolling log is the kernel's number of the thread; the main thread's is the
process's own, so that the workers of one server can be told apart.
"""

from __future__ import annotations

import json
import logging
import sys
import time
from datetime import datetime
from functools import lru_cache
from threading import get_native_id
from typing import Any, Final

from tars_runtime.errors import UsageError
from tars_runtime.logs.levels import word_of
from tars_runtime.rpc.current import CURRENT

__all__ = ["DayLayout", "JsonLayout", "LineLayout", "formatter"]

_OWN: Final = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime"}


@lru_cache(maxsize=2)
def _second(second: int) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(second))


class LineLayout(logging.Formatter):
    """``time|thread|LEVEL|text``; a traceback follows in lines of its own."""

    def format(self, record: logging.LogRecord) -> str:
        head = f"{_second(int(record.created))}|{get_native_id()}|{word_of(record.levelno)}"
        return f"{head}|{_text(self, record)}"


class DayLayout(logging.Formatter):
    """``time|text``"""

    def format(self, record: logging.LogRecord) -> str:
        return f"{_second(int(record.created))}|{_text(self, record)}"


class JsonLayout(logging.Formatter):
    """One object per line: the record, the call that was being served, and what ``extra`` gave."""

    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created).astimezone()
        line: dict[str, Any] = {
            "time": moment.isoformat(timespec="milliseconds"),
            "level": word_of(record.levelno),
            "logger": record.name,
            "thread": get_native_id(),
            "file": f"{record.filename}:{record.lineno}",
            "func": record.funcName,
            "msg": record.getMessage(),
        }
        call = CURRENT.get(None)
        if call is not None:
            line["call"] = f"{call.object}.{call.function}"
            line["request_id"] = call.request_id
        line.update(_trace())
        line.update(
            {key: value for key, value in vars(record).items() if key not in _OWN}
        )
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


LAYOUTS: Final[dict[str, type[logging.Formatter]]] = {
    "text": LineLayout,
    "json": JsonLayout,
}


def _trace() -> dict[str, str]:
    """The ids of the current span, when the process uses OpenTelemetry."""
    trace = sys.modules.get("opentelemetry.trace")
    span = trace.get_current_span().get_span_context() if trace is not None else None
    if span is None or not span.is_valid:
        return {}
    return {"trace_id": f"{span.trace_id:032x}", "span_id": f"{span.span_id:016x}"}


def _text(layout: logging.Formatter, record: logging.LogRecord) -> str:
    text = record.getMessage()
    if record.exc_info:
        text = f"{text}\n{layout.formatException(record.exc_info)}"
    if record.stack_info:
        text = f"{text}\n{layout.formatStack(record.stack_info)}"
    return text


def formatter(name: str) -> logging.Formatter:
    """The layout of rolling logs that the setting ``logformat`` names; raises `UsageError`."""
    if name not in LAYOUTS:
        raise UsageError(
            f"expected logformat to be one of {', '.join(LAYOUTS)}, got {name[:40]!r}"
        )
    return LAYOUTS[name]()
