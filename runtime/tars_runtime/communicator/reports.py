"""A communicator's own statistics: counted by an observer, sent by the first loop in use."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from tars_runtime.interfaces.tars import PropertyFProxy, StatFProxy
from tars_runtime.net.endpoint import ObjectRef
from tars_runtime.report.property import PropertyTable
from tars_runtime.report.reporter import Report, Reporter, property_report, stat_report
from tars_runtime.report.rows import client_rows
from tars_runtime.report.stat import StatTable
from tars_runtime.report.version import framework_version

if TYPE_CHECKING:
    from tars_runtime.communicator.communicator import Communicator

__all__ = ["Reports"]

log = logging.getLogger("tars.report")


class Reports:
    """What one communicator reports, when ``stat`` or ``property`` name a service."""

    def __init__(self, owner: Communicator) -> None:
        self._owner = owner
        config = owner.config
        self.properties = PropertyTable(config.module_name, config.set_name)
        """Properties of this process; sent when ``property`` is set."""
        self.reporter = Reporter(config.report_interval)
        if config.stat and self._is_reachable(config.stat):
            table = StatTable()
            owner.observers.append(
                client_rows(
                    table, config.module_name, config.set_name, framework_version()
                )
            )
            self.reporter.add(self.stat(table, from_client=True))
        if config.property and self._is_reachable(config.property):
            service = owner.proxy(PropertyFProxy, config.property)
            self.reporter.add(
                property_report(self.properties, service, timeout=config.report_timeout)
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
        by_datagram = any(
            each.transport == "udp" for each in ObjectRef.parse(config.stat).endpoints
        )
        return stat_report(
            table,
            self._owner.proxy(StatFProxy, config.stat),
            from_client=from_client,
            timeout=config.report_timeout,
            most_bytes=config.max_report_size if by_datagram else None,
        )
