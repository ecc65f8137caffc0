"""The queue of lines for the log service: batches, bounds, failures."""

from __future__ import annotations

import logging
from typing import cast

import pytest
from tars_runtime import codec
from tars_runtime.errors import CallTimeout, DecodeError, TarsError
from tars_runtime.interfaces.tars import LogInfo, LogProxy
from tars_runtime.logs import RemoteHandler


class Service:
    """A log service in memory; ``is_down`` makes it answer nothing."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.is_down = False
        self.failure: TarsError = CallTimeout(-7, "late")

    async def loggerbyInfo(self, info: LogInfo, lines: list[str]) -> None:
        logging.getLogger("test.ops.remote").info("what sending itself logs")
        if self.is_down:
            raise self.failure
        self.batches.append(lines)


def logger_with(handler: logging.Handler) -> logging.Logger:
    logger = logging.getLogger("test.ops.remote")
    logger.setLevel(1)
    logger.handlers = [handler]
    return logger


async def test_lines_leave_in_batches_and_sending_logs_nothing() -> None:
    handler, service = RemoteHandler(LogInfo(), batch=3), Service()
    logger = logger_with(handler)
    for number in range(7):
        logger.info("%d", number)
    await handler.drain(cast("LogProxy", service))
    assert service.batches == [["0\n", "1\n", "2\n"], ["3\n", "4\n", "5\n"], ["6\n"]]
    assert (handler.waiting, handler.sent, handler.dropped) == (0, 7, 0)


async def test_the_oldest_lines_go_when_the_queue_is_full() -> None:
    handler, service = RemoteHandler(LogInfo(), capacity=2), Service()
    logger = logger_with(handler)
    for number in range(5):
        logger.info("%d", number)
    assert (handler.waiting, handler.dropped) == (2, 3)
    await handler.drain(cast("LogProxy", service))
    assert service.batches == [["3\n", "4\n"]]


async def test_a_batch_that_fails_is_lost_and_the_others_wait() -> None:
    """So that a service that hangs costs its time once, not once for each batch."""
    handler, service = RemoteHandler(LogInfo(), batch=2), Service()
    service.is_down = True
    logger = logger_with(handler)
    for number in range(5):
        logger.info("%d", number)
    await handler.drain(cast("LogProxy", service))
    assert (handler.waiting, handler.dropped) == (3, 2)
    service.is_down = False
    await handler.drain(cast("LogProxy", service))
    assert service.batches == [["2\n", "3\n"], ["4\n"]]


async def test_a_service_that_is_down_costs_lines_not_memory() -> None:
    handler, service = RemoteHandler(LogInfo()), Service()
    service.is_down = True
    logger = logger_with(handler)
    logger.info("lost")
    await handler.drain(cast("LogProxy", service))
    assert (handler.waiting, handler.dropped) == (0, 1)
    service.is_down = False
    logger.info("kept")
    await handler.drain(cast("LogProxy", service))
    assert service.batches == [["kept\n"]]


@pytest.mark.parametrize(
    "failure", [CallTimeout(-7, "late"), DecodeError("an answer that is none")]
)
async def test_whatever_the_service_answers_the_next_lines_are_sent(
    failure: TarsError,
) -> None:
    handler, service = RemoteHandler(LogInfo()), Service()
    service.is_down, service.failure = True, failure
    logger = logger_with(handler)
    logger.info("lost")
    await handler.drain(cast("LogProxy", service))
    service.is_down = False
    logger.info("kept")
    await handler.drain(cast("LogProxy", service))
    assert (service.batches, handler.dropped) == ([["kept\n"]], 1)


async def test_a_line_that_is_no_utf8_keeps_its_neighbours_company() -> None:
    handler, service = RemoteHandler(LogInfo()), Service()
    logger = logger_with(handler)
    logger.info("cannot read %s", "caf\udce9.txt")
    logger.info("another")
    await handler.drain(cast("LogProxy", service))
    (lines,) = service.batches
    assert lines == ["cannot read caf\\udce9.txt\n", "another\n"]
    codec.vector(codec.STRING).build(lines)
