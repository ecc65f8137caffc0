"""What was called and served, kept for a test: each call, and the rows that the platform gets."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar, NamedTuple

from tars_runtime.interfaces.tars import (
    PropertyFServant,
    StatFServant,
    StatMicMsgBody,
    StatMicMsgHead,
    StatPropMsgBody,
    StatPropMsgHead,
)
from tars_runtime.net.endpoint import Endpoint
from tars_runtime.rpc import Current, Method, Servant

__all__ = ["Recorder", "Sample", "StatSink"]


@dataclass(frozen=True, slots=True)
class Sample:
    """One call, as statistics see it."""

    object: str
    function: str
    endpoint: Endpoint | None
    code: int
    seconds: float


@dataclass(slots=True)
class Recorder:
    """An observer that keeps what it is told.

    ``Communicator(observers=[recorder])`` records calls that are made,
    ``app.observers.append(recorder.served)`` requests that are answered (without an endpoint).
    """

    samples: list[Sample] = field(default_factory=list[Sample])

    def __call__(
        self,
        object: str,
        function: str,
        endpoint: Endpoint | None,
        code: int,
        seconds: float,
    ) -> None:
        self.samples.append(Sample(object, function, endpoint, code, seconds))

    def served(self, current: Current, code: int, seconds: float) -> None:
        """An observer for an application."""
        self(current.object, current.function, None, code, seconds)


class Row(NamedTuple):
    """One row of statistics that a process reported."""

    from_client: bool
    head: StatMicMsgHead
    body: StatMicMsgBody


class StatSink(Servant):
    """The platform's statistics and property services: serve it, and look at what it got.

    ::

        sink = testing.StatSink()
        async with testing.serving({"tars.tarsstat.StatObj": sink}) as (platform, _):
            stat = f"tars.tarsstat.StatObj@{platform.endpoint('tars.tarsstat.StatObj')}"
            ...
    """

    __tars__: ClassVar[tuple[Method[Any], ...]] = (
        *StatFServant.__tars__,
        *PropertyFServant.__tars__,
    )

    def __init__(self) -> None:
        self.rows: list[Row] = []
        """Of ``reportMicMsg``, in the order in which they came."""
        self.properties: dict[str, dict[str, str]] = {}
        """The values of the last report by policy, by ``module property``."""

    async def reportMicMsg(
        self, msg: dict[StatMicMsgHead, StatMicMsgBody], bFromClient: bool
    ) -> int:
        """Keep the rows."""
        self.rows += [Row(bFromClient, head, body) for head, body in msg.items()]
        return 0

    async def reportSampleMsg(self, msg: object) -> int:
        """Samples are of no interest."""
        del msg
        return 0

    async def reportPropMsg(
        self, statmsg: dict[StatPropMsgHead, StatPropMsgBody]
    ) -> int:
        """Keep the values."""
        for head, body in statmsg.items():
            values = {each.policy: each.value for each in body.vInfo}
            self.properties[f"{head.moduleName} {head.propertyName}"] = values
        return 0
