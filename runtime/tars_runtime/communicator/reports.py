"""A communicator's own statistics: counted by an observer, sent by the first loop in use."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tars_runtime.interfaces.tars import PropertyFProxy, StatFProxy
from tars_runtime.net.endpoint import ObjectRef
from tars_runtime.report.property import PropertyTable
from tars_runtime.report.reporter import (
    Report,
    Reporter,
    Room,
    property_report,
    stat_report,
)
from tars_runtime.report.rows import client_rows
from tars_runtime.report.stat import StatTable
from tars_runtime.report.version import framework_version
from tars_runtime.rpc import AnyProxy

if TYPE_CHECKING:
    from tars_runtime.communicator.communicator import Communicator

__all__ = ["Reports"]

log = logging.getLogger("tars.report")


class Reports:
    """What one communicator reports, when ``stat`` or ``property`` name a service."""

    def __init__(self, owner: Communicator) -> None:
        self._owner = owner
        config = owner.config
        module = config.module_name or _program()
        self.properties = PropertyTable(module, config.set_name)
        """Properties of this process; sent when ``property`` is set."""
        self.reporter = Reporter(config.report_interval)
        self.has_stat = bool(config.stat) and self._is_reachable(config.stat)
        """Whether statistics are sent at all."""
        if self.has_stat:
            table = StatTable()
            owner.observers.append(
                client_rows(table, module, config.set_name, framework_version())
            )
            self.reporter.add(self.stat(table, from_client=True))
        if config.property and self._is_reachable(config.property):
            service = owner.proxy(PropertyFProxy, config.property)
            self.reporter.add(
                property_report(
                    self.properties,
                    service,
                    timeout=config.report_timeout,
                    room=self._room(service),
                )
            )

    def _is_reachable(self, name: str) -> bool:
        """Whether a service can be found at all; calls must not suffer when it cannot."""
        if self._owner.has_locator or ObjectRef.parse(name).endpoints:
            return True
        log.warning("%s gets no reports: set the locator, or give its endpoints", name)
        return False

    def stat(self, table: StatTable, *, from_client: bool) -> Report:
        """A report of ``table`` to the service that ``stat`` names."""
        config = self._owner.config
        service = self._owner.proxy(StatFProxy, config.stat)
        return stat_report(
            table,
            service,
            from_client=from_client,
            timeout=config.report_timeout,
            room=self._room(service),
        )

    def _room(self, service: AnyProxy) -> Room:
        """What a packet may have: a datagram's size when one of the endpoints is UDP's."""
        owner = self._owner

        async def room() -> int | None:
            states = await owner.endpoints(service)
            by_datagram = any(each.endpoint.transport == "udp" for each in states)
            return owner.config.max_report_size if by_datagram else None

        return room


def _program() -> str:
    """What a caller without a name is counted as: its program, as in the C++ runtime."""
    return Path(sys.argv[0]).stem or "python"
