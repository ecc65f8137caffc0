"""When a drain is over: floor, evidence, ceiling."""

from __future__ import annotations

import pytest
from tars_runtime.errors import ConnectError
from tarscli.drain import Evidence, drain, enough, parse_evidence

IDLE = Evidence(inflight=0, connections=3, idle=60.0)
BUSY = Evidence(inflight=1, connections=3, idle=60.0)
FRESH = Evidence(inflight=0, connections=3, idle=1.0)


@pytest.mark.parametrize(
    ("waited", "acknowledged", "evidence", "over"),
    [
        (10.0, 0.0, IDLE, False),
        (61.9, 0.0, IDLE, False),
        (62.0, 0.0, IDLE, True),
        (65.0, 10.0, IDLE, False),
        (72.0, 10.0, IDLE, True),
        (70.0, None, IDLE, False),
        (70.0, 0.0, None, False),
        (70.0, 0.0, BUSY, False),
        (70.0, 0.0, FRESH, False),
        (80.0, None, None, True),
        (80.0, 0.0, BUSY, True),
    ],
)
def test_floor_from_the_acknowledgement_then_evidence_and_a_ceiling(
    waited: float, acknowledged: float | None, evidence: Evidence | None, over: bool
) -> None:
    assert bool(enough(waited, acknowledged, evidence, 62.0, 80.0)) is over


def test_a_short_ceiling_caps_the_floor() -> None:
    assert enough(2.0, 0.0, None, 62.0, 2.0)


def test_evidence_is_json_of_ours_and_nothing_else() -> None:
    text = '{"inflight": 2, "connections": 1, "idle_ms": 1500}'
    assert parse_evidence(text) == Evidence(2, 1, 1.5)
    for other in (
        "",
        "ok",
        "tars.drainstatus not support now!",
        "[]",
        '{"inflight": "x"}',
    ):
        assert parse_evidence(other) is None


class Writer:
    """A registry that is silent for some calls, and a server."""

    def __init__(self, silent: int) -> None:
        self.silent = silent
        self.done: list[str] = []

    async def deactivate(self) -> None:
        if self.silent:
            self.silent -= 1
            raise ConnectError(-8, "nobody")
        self.done.append("deactivate")

    async def deregister(self) -> None:
        if self.silent:
            raise ConnectError(-8, "nobody")
        self.done.append("deregister")

    async def tell_server(self) -> None:
        self.done.append("tell")

    async def evidence(self) -> Evidence | None:
        return IDLE


async def test_registry_first_then_the_server_then_the_row() -> None:
    writer = Writer(silent=0)
    report = await drain(writer, floor=0.1, ceiling=5.0, progress=lambda _: None)
    assert writer.done == ["deactivate", "tell", "deregister"]
    assert report.complete
    assert report.waited < 2
    assert report.problems == []


async def test_a_silent_registry_is_asked_again_and_the_server_is_told_meanwhile() -> (
    None
):
    writer = Writer(silent=1)
    report = await drain(writer, floor=0.1, ceiling=3.0, progress=lambda _: None)
    assert writer.done == ["tell", "deactivate", "deregister"]
    assert report.acknowledged is not None
    assert report.problems == ["deactivating was not taken: nobody [code -8]"]


async def test_a_dead_registry_costs_the_ceiling_and_no_more() -> None:
    writer = Writer(silent=10**6)
    report = await drain(writer, floor=0.1, ceiling=0.5, progress=lambda _: None)
    assert 0.5 <= report.waited < 1.5
    assert not report.complete
    assert report.why == "the longest wait is over"
    assert report.problems is not None
    assert report.problems[-1] == "the row was not removed: nobody [code -8]"
