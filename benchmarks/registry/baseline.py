"""The baseline: a registry that runs the Go registry's statements, each its own commit.

Statement by statement what ``tarsregistry/store/mysql.go`` of K8STARS runs, prepared and closed
each time as its driver does. Served by our own runtime, with sixteen threads and a connection in
each (the original opens one for each call that finds none, and keeps two). It stands where the
Go original cannot be built, and is named as what it is.
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

from benchmarks.registry.prepared import Value, execute

THREADS = 16
OBJECT = "tars.tarsregistry.Registry"

KEEP_NODE = (
    "update t_node_info set last_heartbeat = CURRENT_TIMESTAMP() where node_name = ?"
)
NODE_STATE = "update t_node_info set present_state = ? where node_name = ?"
SERVER_STATE = (
    "update t_server_conf set present_state = ? "
    "where node_name = ? and application = ? and server_name = ?"
)
STATE_OF_ALL = "update t_server_conf set present_state = ? where node_name = ?"
NODE = (
    "insert into t_node_info(node_name, node_obj, endpoint_ip, endpoint_port, last_reg_time, "
    "last_heartbeat, setting_state, present_state) values(?, ?, ?, ?, CURRENT_TIMESTAMP(), "
    "CURRENT_TIMESTAMP(), ?, ?) ON DUPLICATE KEY UPDATE last_heartbeat = CURRENT_TIMESTAMP()"
)
SERVER = (
    "insert into t_server_conf(application, server_name, node_name, patch_version, present_state, "
    "enable_set, set_name, set_area, set_group, grid_flag, server_type, setting_state, "
    "registry_timestamp, patch_time, posttime) values(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'tars_cpp', "
    "'active', CURRENT_TIMESTAMP(), CURRENT_TIMESTAMP(), CURRENT_TIMESTAMP()) "
    "ON DUPLICATE KEY UPDATE patch_version=?, present_state=?, enable_set=?, set_name=?, "
    "set_area=?, set_group=?, grid_flag=?, server_type='tars_cpp', setting_state='active', "
    "registry_timestamp=CURRENT_TIMESTAMP(), patch_time=CURRENT_TIMESTAMP(), "
    "posttime=CURRENT_TIMESTAMP()"
)
ADAPTER = (
    "insert into t_adapter_conf(application, server_name, node_name, adapter_name, servant, "
    "thread_num, endpoint, protocol, max_connections, queuecap, queuetimeout) "
    "values(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON DUPLICATE KEY UPDATE adapter_name=?, servant=?, "
    "thread_num=?, endpoint=?, protocol=?, max_connections=?, queuecap=?, queuetimeout=?"
)


class Baseline(tarsregistryServant):
    """Answers after its last statement."""

    def __init__(self, url: str) -> None:
        self._url = make_url(url)
        self._local = threading.local()

    def keepAlive(self, req: keepAliveReq) -> None:
        """Three statements, three commits; without names for all servers of the node."""
        state = req.state or "active"
        self._run(KEEP_NODE, req.nodeName)
        self._run(NODE_STATE, state, req.nodeName)
        if req.application and req.server:
            names = req.nodeName, req.application, req.server
            self._run(SERVER_STATE, state, *names)
        else:
            self._run(STATE_OF_ALL, state, req.nodeName)

    def onStartup(self, req: onStartupReq) -> None:
        """A statement for the node, one for the server, one for each adapter."""
        node = req.nodeName
        agent = f"tars.tarsnode.NodeObj@tcp -h {node} -p 0"
        self._run(NODE, node, agent, node, 0, "active", "active")
        names = req.application, req.server, node
        parts = req.setID.split(".")
        in_set = len(parts) == 3
        server = (
            req.Version,
            req.State,
            "Y" if in_set else "N",
            *(parts if in_set else ("", "", "")),
            "NO_FLOW" if req.disableFlow else "NORMAL",
        )
        self._run(SERVER, *names, *server, *server)
        for each in req.adapters:
            adapter = (
                each.servant + "Adapter",
                each.servant,
                each.threadNum,
                each.endpoint,
                each.protocol,
                each.maxConns,
                each.queueCap,
                each.queueTimeout,
            )
            self._run(ADAPTER, *names, *adapter, *adapter)

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

    def _run(self, statement: str, *values: Value) -> None:
        connection = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = pymysql.connect(
                host=self._url.host or "127.0.0.1",
                port=self._url.port or 3306,
                user=self._url.username or "root",
                database=self._url.database,
                autocommit=True,
            )
        execute(connection, statement, values)


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
