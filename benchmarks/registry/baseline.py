"""The baseline: a registry that runs the Go registry's three statements, each its own commit.

Served by our own runtime, with sixteen threads and a connection in each. It stands where the Go
original (github.com/tarscloud/k8stars) cannot be built, and is named as what it is.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import threading

import pymysql
from sqlalchemy.engine import make_url
from tars_runtime.application import Application
from tars_runtime.application.runner import new_event_loop
from tars_runtime.interfaces.tars import (
    GetMetricsAdaptersReq,
    RegisterMetricsReq,
    keepAliveReq,
    onPrestopReq,
    onStartupReq,
    tarsregistryGetMetricsAdaptersReply,
    tarsregistryServant,
)

THREADS = 16
OBJECT = "tars.tarsregistry.Registry"

KEEP_ALIVE = (
    "UPDATE t_node_info SET last_heartbeat = NOW() WHERE node_name = %s",
    "UPDATE t_node_info SET present_state = %s WHERE node_name = %s",
    """UPDATE t_server_conf SET present_state = %s
    WHERE application = %s AND server_name = %s AND node_name = %s""",
)
NODE = (
    "INSERT INTO t_node_info (node_name, node_obj, endpoint_ip, endpoint_port, last_reg_time, "
    "last_heartbeat, setting_state, present_state) VALUES (%s, %s, %s, 0, NOW(), NOW(), 'active', "
    "'active') ON DUPLICATE KEY UPDATE last_heartbeat = NOW()"
)
SERVER = (
    "INSERT INTO t_server_conf (application, server_name, node_name, patch_version, "
    "present_state, setting_state, registry_timestamp) VALUES (%s, %s, %s, %s, %s, 'active', "
    "NOW()) ON DUPLICATE KEY UPDATE patch_version = VALUES(patch_version), present_state = "
    "VALUES(present_state), setting_state = 'active', registry_timestamp = NOW()"
)
ADAPTER = (
    "INSERT INTO t_adapter_conf (application, server_name, node_name, adapter_name, servant, "
    "endpoint, protocol, thread_num, max_connections, queuecap, queuetimeout) VALUES (%s, %s, %s, "
    "%s, %s, %s, %s, %s, %s, %s, %s) ON DUPLICATE KEY UPDATE endpoint = VALUES(endpoint)"
)


class Baseline(tarsregistryServant):
    """Answers after its last statement."""

    def __init__(self, url: str) -> None:
        self._url = make_url(url)
        self._local = threading.local()

    def keepAlive(self, req: keepAliveReq) -> None:
        """Three statements, three commits."""
        first, second, third = KEEP_ALIVE
        self._run(first, req.nodeName)
        self._run(second, req.state, req.nodeName)
        self._run(third, req.state, req.application, req.server, req.nodeName)

    def onStartup(self, req: onStartupReq) -> None:
        """A statement for the node, one for the server, one for each adapter."""
        names = req.application, req.server, req.nodeName
        self._run(NODE, req.nodeName, req.nodeName, req.nodeName)
        self._run(SERVER, *names, req.Version, req.State)
        for each in req.adapters:
            self._run(
                ADAPTER,
                *names,
                each.servant + "Adapter",
                each.servant,
                each.endpoint,
                each.protocol,
                each.threadNum,
                each.maxConns,
                each.queueCap,
                each.queueTimeout,
            )

    def onPrestop(self, req: onPrestopReq) -> None:
        """Not measured."""

    def registerMetrics(self, req: RegisterMetricsReq) -> None:
        """Not measured."""

    def getMetricsAdapters(
        self, req: GetMetricsAdaptersReq
    ) -> tarsregistryGetMetricsAdaptersReply:
        """Not measured."""
        del req
        return tarsregistryGetMetricsAdaptersReply()

    def _run(self, statement: str, *values: object) -> None:
        connection = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = pymysql.connect(
                host=self._url.host or "127.0.0.1",
                port=self._url.port or 3306,
                user=self._url.username or "root",
                database=self._url.database,
                autocommit=True,
            )
        with connection.cursor() as cursor:
            cursor.execute(statement, values)


async def main() -> None:
    """Serve until SIGTERM."""
    parser = argparse.ArgumentParser()
    for name in ("--port", "--http-port", "--db", "--data"):
        parser.add_argument(name)
    options = parser.parse_args()
    application = Application()
    application.add_adapter(
        "Baseline",
        f"tcp -h 127.0.0.1 -p {options.port} -t 60000",
        threads=THREADS,
        max_connections=20000,
        queue_capacity=20000,
    )
    application.add_servant(OBJECT, Baseline(options.db), adapter="Baseline")
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, application.shutdown)
    serving = asyncio.create_task(application.serve())
    await application.started()
    print(f"ready 127.0.0.1:{application.endpoint(OBJECT).port}", flush=True)
    await serving


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        runner.run(main())
