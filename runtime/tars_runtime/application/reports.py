"""What a server adds to its communicator's reports: rows of the requests that it answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tars_runtime.report.rows import http_rows, server_rows
from tars_runtime.report.stat import StatTable
from tars_runtime.report.version import framework_version

if TYPE_CHECKING:
    from tars_runtime.application.application import Application

__all__ = ["begin_reports"]


def begin_reports(app: Application) -> None:
    """Count the server's requests when statistics are on, and start sending."""
    reports = app.communicator.reports
    if reports.has_stat and app.config.report_flow:
        table = StatTable()
        of = (app.name, app.config.set_name, framework_version())
        app.observers.append(server_rows(table, *of))
        app.http_observers.append(http_rows(table, *of))
        reports.reporter.add(reports.stat(table, from_client=False))
    reports.reporter.start()
