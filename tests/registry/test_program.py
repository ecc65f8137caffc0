"""The program as it is run: its ready line, its stop, its mistakes, and what survives a kill."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from tars_registry.interfaces.tars import AdminRegProxy
from tars_runtime.communicator import Communicator
from tars_runtime.errors import CallError, ServerError
from tars_runtime.interfaces.tars import (
    AdapterConf,
    GetMetricsAdaptersReq,
    QueryFProxy,
    RegisterMetricsReq,
    keepAliveReq,
    onPrestopReq,
    onStartupReq,
    tarsregistryProxy,
)

from tests.registry.mortal import die_with_parent

PROGRAM = [
    sys.executable,
    "-c",
    "from tars_registry.app import main; raise SystemExit(main())",
]
OBJECT = "Demo.HelloServer.HelloObj"


class Process:
    """``tarsregistry serve`` on free ports."""

    def __init__(self, folder: Path, *flags: str) -> None:
        self.folder = folder
        self.log = (folder / "log").open("a+")
        self.process = subprocess.Popen(
            [
                *PROGRAM,
                "serve",
                "--port",
                "0",
                "--http-port",
                "0",
                "--db",
                str(folder / "r.db"),
                *flags,
            ],
            stdout=subprocess.PIPE,
            stderr=self.log,
            text=True,
            env=environment(),
            preexec_fn=die_with_parent,
        )
        assert self.process.stdout is not None
        self.ready = self.process.stdout.readline()
        found = re.match(
            r"tarsregistry ready: 127\.0\.0\.1:(\d+), .* http (\d+)", self.ready
        )
        assert found, (self.ready, (folder / "log").read_text())
        self.port, self.http = int(found[1]), int(found[2])

    def get(self, path: str) -> Any:
        with urllib.request.urlopen(
            f"http://127.0.0.1:{self.http}{path}", timeout=5
        ) as page:
            text = page.read().decode()
            kind = page.headers["Content-Type"]
        return json.loads(text) if kind == "application/json" else text

    def run(self, *arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
        command, *rest = arguments
        return run(command, "--registry", f"127.0.0.1:{self.port}", *rest, **options)

    def end(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        code = self.process.wait(timeout=20)
        self.close()
        return code

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(timeout=20)
        if self.process.stdout is not None:
            self.process.stdout.close()
        self.log.close()


def environment() -> dict[str, str]:
    kept = {"PATH", "HOME", "PYTHONPATH", "LANG"}
    return {name: value for name, value in os.environ.items() if name in kept}


def run(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*PROGRAM, *arguments],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
        env=environment(),
        **options,
    )


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Process]:
    process = Process(tmp_path)
    yield process
    process.close()


def startup(node: str = "127.0.0.1", **fields: Any) -> onStartupReq:
    endpoint = f"tcp -h {node} -p 10000 -t 60000"
    adapters = [AdapterConf(servant=OBJECT, endpoint=endpoint, protocol="tars")]
    return onStartupReq(
        nodeName=node,
        application="Demo",
        server="HelloServer",
        adapters=adapters,
        **fields,
    )


class Client:
    """Proxies of a registry."""

    def __init__(self, communicator: Communicator, port: int) -> None:
        at = f"@tcp -h 127.0.0.1 -p {port} -t 60000"
        self.registry = communicator.proxy(
            tarsregistryProxy, "tars.tarsregistry.Registry" + at
        )
        self.query = communicator.proxy(QueryFProxy, "tars.tarsregistry.QueryObj" + at)


async def test_a_server_registers_is_resolved_beats_and_leaves(
    registry: Process,
) -> None:
    names = {"nodeName": "127.0.0.1", "application": "Demo", "server": "HelloServer"}
    async with Communicator() as communicator:
        client = Client(communicator, registry.port)
        await client.registry.onStartup(startup(State="activating"))
        assert await client.query.findObjectById(OBJECT) == []
        await client.registry.keepAlive(keepAliveReq(state="active", **names))
        assert [each.port for each in await client.query.findObjectById(OBJECT)] == [
            10000
        ]
        found = await client.query.findObjectNodeName(OBJECT)
        assert (found.ret, found.nodeName) == (0, ["127.0.0.1"])
        assert await client.query.registerChange({}, "me") == -1
        await client.registry.registerMetrics(
            RegisterMetricsReq(metricsPort=0, **names)
        )
        reply = await client.registry.getMetricsAdapters(GetMetricsAdaptersReq())
        assert reply.rsp[0].targets == ["127.0.0.1:9325"]
        await client.registry.onPrestop(onPrestopReq(**names))
        assert await client.query.findObjectById(OBJECT) == []


def test_tarscli_asks_in_json(registry: Process) -> None:
    asked = "tars.tarsregistry.Registry"
    for function, answer in (
        ("findObjectById", "tars_ret"),
        ("findObjectById4Any", "activeEp"),
        ("findObjectByIdInSameGroup", "activeEp"),
    ):
        done = subprocess.run(
            [
                *(sys.executable, "-m", "tarscli", "call"),
                f"tars.tarsregistry.QueryObj@tcp -h 127.0.0.1 -p {registry.port}",
                function,
                "--json",
                json.dumps({"id": asked}),
            ],
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
            env=environment(),
        )
        assert done.returncode == 0, done.stderr
        (found,) = json.loads(done.stdout)[answer]
        assert (found["host"], found["port"]) == ("127.0.0.1", registry.port)


async def test_a_value_that_does_not_fit_is_answered_with_its_reason(
    registry: Process,
) -> None:
    async with Communicator() as communicator:
        client = Client(communicator, registry.port)
        with pytest.raises(
            ServerError, match="at most 50 characters, got 51 - at nodeName"
        ) as caught:
            await client.registry.onStartup(startup("n" * 51))
        assert caught.value.code == 1


async def test_the_registry_registers_itself_and_leaves_lookups_before_it_ends(
    registry: Process,
) -> None:
    async with Communicator() as communicator:
        client = Client(communicator, registry.port)
        own = await client.query.findObjectById("tars.tarsregistry.Registry")
        assert [each.port for each in own] == [registry.port]
    assert registry.end() == 0
    again = Process(registry.folder)
    try:
        assert len(again.get("/servers")) == 1, "one row of its own, not two"
    finally:
        again.close()


def test_the_pages(registry: Process) -> None:
    assert registry.get("/healthz") == "ok\n"
    assert registry.get("/readyz") == "ready\n"
    metrics = registry.get("/metrics")
    assert "# TYPE tarsregistry_heartbeats_total counter" in metrics
    assert 'tarsregistry_servers{state="active"} 1' in metrics
    assert registry.get("/servers?application=tars")[0]["server_name"] == "tarsregistry"
    assert registry.get("/objects") == [
        {"object": "tars.tarsregistry.Registry", "active": 1, "inactive": 0}
    ]
    found = registry.get("/resolve?object=tars.tarsregistry.Registry&node=10.0.0.1")
    assert found["rule"] == "all nodes: the caller is in no group"
    assert registry.get("/sd/prometheus") == []


async def test_a_console_reads_servers_and_changes_their_flow(
    registry: Process,
) -> None:
    async with Communicator() as communicator:
        client = Client(communicator, registry.port)
        at = f"@tcp -h 127.0.0.1 -p {registry.port} -t 60000"
        admin = communicator.proxy(
            AdminRegProxy, "tars.tarsAdminRegistry.AdminRegObj" + at
        )
        await client.registry.onStartup(startup(Version="7"))
        names = ("Demo", "HelloServer", "127.0.0.1")
        assert (await admin.getAllApplicationNames()).ret == ["tars", "Demo"]
        assert (await admin.getAllNodeNames()).ret == ["127.0.0.1"]
        assert (await admin.getAllServerIds()).ret[1] == [
            "Demo.HelloServer_127.0.0.1",
            "active",
            "active",
            "tars_cpp",
        ]
        assert (await admin.getServerState(*names)).state.patchVersion == "7"
        assert (await admin.getServerState("No", "Such", "one")).ret == 1003
        assert [each.server_name for each in (await admin.getServerTree()).tree] == [
            "tarsregistry",
            "HelloServer",
        ]
        assert (await admin.pingNode("127.0.0.1")).ret is True
        assert (await admin.pingNode("127.0.0.9")).ret is False
        assert (await admin.getGroupId("10.0.0.1")).ret == -1
        assert (await admin.getClientIp()).sClientIp == "127.0.0.1"
        assert (await admin.notifyServer(*names, "tars.viewversion")).ret == 1012
        assert (
            await admin.updateServerFlowState(
                "Demo", "HelloServer", ["127.0.0.1"], False
            )
            == 0
        )
        assert await client.query.findObjectById(OBJECT) == []
        assert (
            await admin.updateServerFlowState("Demo", "HelloServer", ["n"], True)
            == 1003
        )
        assert (await admin.uninstallServer(*names)).ret == 1004, "it is active"
        await client.registry.keepAlive(
            keepAliveReq(
                nodeName="127.0.0.1",
                application="Demo",
                server="HelloServer",
                state="deactivating",
            )
        )
        assert (await admin.uninstallServer(*names)).ret == 0
        assert (await admin.getServerState(*names)).ret == 1003


@pytest.mark.parametrize(
    ("path", "code"),
    [("/nothing", 404), ("/resolve", 400), ("/servers?colour=red", 400)],
)
def test_pages_that_are_not_there(registry: Process, path: str, code: int) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        registry.get(path)
    assert caught.value.code == code
    caught.value.close()


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        pytest.param(b"POST /metrics HTTP/1.1\r\n\r\n", b"405", id="not GET"),
        pytest.param(b"nonsense\r\n\r\n", b"400", id="no HTTP"),
        pytest.param(
            b"GET / HTTP/1.1\r\nA: " + b"a" * 20000 + b"\r\n\r\n",
            b"400",
            id="too large",
        ),
    ],
)
def test_odd_requests_are_refused(
    registry: Process, request_: bytes, status: bytes
) -> None:
    with socket.create_connection(
        ("127.0.0.1", registry.http), timeout=5
    ) as connection:
        connection.sendall(request_)
        assert connection.recv(100).split()[1] == status


async def test_only_live_servers_are_targets_unless_all_are_wanted(
    registry: Process,
) -> None:
    async with Communicator() as communicator:
        client = Client(communicator, registry.port)
        for node, state in (("127.0.0.2", "active"), ("127.0.0.3", "activating")):
            await client.registry.onStartup(startup(node, State=state))
            await client.registry.registerMetrics(
                RegisterMetricsReq(
                    nodeName=node,
                    application="Demo",
                    server="HelloServer",
                    metricsPort=9,
                )
            )
    get = registry.get
    live, every = await asyncio.gather(
        asyncio.to_thread(get, "/sd/prometheus"),
        asyncio.to_thread(get, "/sd/prometheus?all=1"),
    )
    assert live[0]["targets"] == ["127.0.0.2:9"]
    assert every[0]["targets"] == ["127.0.0.2:9", "127.0.0.3:9"]


async def test_the_commands(registry: Process, tmp_path: Path) -> None:
    async with Communicator() as communicator:
        client = Client(communicator, registry.port)
        for node in ("127.0.0.2", "127.0.0.3"):
            await client.registry.onStartup(startup(node))
    table = registry.run("ls").stdout.splitlines()
    assert table[0].split() == [
        "application",
        "server",
        "node",
        "present",
        "setting",
        "flow",
        "set",
        "ours",
    ]
    assert len(table) == 4
    assert len(json.loads(registry.run("ls", "Demo.*@*.2", "--json").stdout)) == 1
    assert registry.run("resolve", OBJECT).returncode == 0
    assert registry.run("resolve", "No.Such.Obj").returncode == 1
    shown = registry.run("drain", "Demo.HelloServer@127.0.0.2")
    assert "nothing done: give --yes 1" in shown.stderr
    assert (
        registry.run("drain", "Demo.HelloServer@127.0.0.2", "--yes", "1").returncode
        == 0
    )
    lines = registry.run("resolve", OBJECT).stdout.splitlines()
    assert [line.split()[0] for line in lines[1:3]] == ["active", "inactive"]
    exported = registry.run("export", "Demo.*").stdout
    (tmp_path / "export.json").write_text(exported)
    async with Communicator() as communicator:
        client = Client(communicator, registry.port)
        for node in ("127.0.0.2", "127.0.0.3"):
            await client.registry.onPrestop(
                onPrestopReq(nodeName=node, application="Demo", server="HelloServer")
            )
    file = str(tmp_path / "export.json")
    assert "2 missing (dry run)" in registry.run("import", file).stderr
    assert "2 restored" in registry.run("import", file, "--yes").stderr
    assert registry.run("export", "Demo.*").stdout == exported
    assert registry.run("clean").stderr == "Dry run.\n"
    assert registry.run("clean", "2024-01-31", "12:00:00").returncode == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(
            ("serve", "--port", "99999"),
            "--port: expected a whole number from 0 to 65535, got '99999'",
            id="port",
        ),
        pytest.param(
            ("serve", "--access", "maybe"),
            "--access: expected one of off, report, require",
            id="mode",
        ),
        pytest.param(
            ("serve", "--db", "/nowhere/r.db"),
            "/nowhere/r.db: expected a folder that can be written",
            id="folder",
        ),
        pytest.param(
            ("serve", "--db", "u:secret@h/d"),
            "--db: expected sqlite:///PATH",
            id="database",
        ),
        pytest.param(
            ("serve", "--db", "u:secret@tcp(127.0.0.1:1)/d"),
            "MySQL 127.0.0.1:1/d: Can't connect",
            id="no database",
        ),
        pytest.param(
            ("serve", "--networks", "10.0.0.0/99"),
            "--networks: expected networks like",
            id="networks",
        ),
        pytest.param(
            ("serve", "--token-file", "/nowhere"),
            "--token-file: expected a readable file",
            id="token",
        ),
        pytest.param(
            ("serve", "--host", "0.0.0.0"),
            "--node: listening on 0.0.0.0 says nothing",
            id="node",
        ),
        pytest.param(
            ("ls", "--registry", "nonsense"),
            "--registry: expected HOST:PORT",
            id="address",
        ),
        pytest.param(
            ("ls", "--registry", "127.0.0.1:1"), "127.0.0.1", id="nobody there"
        ),
        pytest.param(
            ("import", "/nowhere"),
            "expected what 'tarsregistry export' wrote",
            id="import",
        ),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(
    tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    done = run(*arguments, cwd=tmp_path)
    lines = done.stderr.splitlines()
    assert done.returncode == 2, done
    assert len(lines) == 1
    assert lines[0].startswith("tarsregistry: ")
    assert said in lines[0]
    assert "secret" not in done.stderr
    assert done.stdout == ""


def test_a_configuration_file_gives_what_no_flag_does(tmp_path: Path) -> None:
    (tmp_path / "conf").write_text(
        "<tars>\n<application>\n<server>\nlocalip=127.0.0.1\n</server>\n</application>\n"
        f"<registry>\nport=99999\naccess=require\ntoken-file={tmp_path / 'token'}\n"
        "</registry>\n</tars>\n"
    )
    (tmp_path / "token").write_text("secret")
    registry = Process(tmp_path, "--config", str(tmp_path / "conf"))
    assert "access require" in registry.ready, "and the flag --port wins over the file"
    assert registry.end() == 0


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("port=many", "conf:3: port: expected a whole number from 0 to 65535"),
        (
            "colour=red",
            "conf:3: expected a setting of tarsregistry serve, got 'colour'",
        ),
    ],
)
def test_a_mistake_in_the_file_is_named_by_its_line(
    tmp_path: Path, line: str, said: str
) -> None:
    (tmp_path / "conf").write_text(
        f"<tars>\n<registry>\n{line}\n</registry>\n</tars>\n"
    )
    done = run("serve", "--config", "conf", cwd=tmp_path)
    assert done.returncode == 2
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_taken_port_is_one_line_and_exit_code_2(
    registry: Process, tmp_path: Path
) -> None:
    done = run(
        "serve", "--port", str(registry.port), "--db", str(tmp_path / "other.db")
    )
    assert done.returncode == 2
    assert str(registry.port) in done.stderr
    assert "Traceback" not in done.stderr


def test_a_taken_http_port_that_was_asked_for_is_an_error(
    registry: Process, tmp_path: Path
) -> None:
    other = str(tmp_path / "other.db")
    done = run("serve", "--port", "0", "--http-port", str(registry.http), "--db", other)
    assert done.returncode == 2
    assert f"HTTP port {registry.http}" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_second_process_on_one_file_is_refused(registry: Process) -> None:
    done = run("serve", "--port", "0", "--db", str(registry.folder / "r.db"))
    assert done.returncode == 2
    assert (
        f"another tarsregistry uses it (process {registry.process.pid})" in done.stderr
    )


async def test_nothing_that_was_acknowledged_is_lost_by_a_kill(
    registry: Process,
) -> None:
    """Registrations run while the process is killed: every one that was answered is there."""
    acknowledged: set[str] = set()

    async def register(client: Client, number: int) -> None:
        node = f"127.0.{number // 250}.{number % 250 + 1}"
        with suppress(CallError):  # "try again", or the kill
            await client.registry.onStartup(startup(node))
            acknowledged.add(node)

    async with Communicator() as communicator:
        client = Client(communicator, registry.port)
        running = [asyncio.create_task(register(client, each)) for each in range(2000)]
        while len(acknowledged) < 300:
            await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            running = [each for each in running if not each.done()]
        registry.process.kill()
        await asyncio.gather(*running, return_exceptions=True)
    registry.close()
    again = Process(registry.folder)
    try:
        found = {each["node_name"] for each in again.get("/servers?application=Demo")}
        assert len(acknowledged) >= 300
        assert acknowledged - found == set()
    finally:
        again.close()


def test_a_torn_log_of_sqlite_loses_no_commit_before_it(tmp_path: Path) -> None:
    registry = Process(tmp_path)
    registry.process.kill()
    registry.close()
    log = tmp_path / "r.db-wal"
    with log.open("ab") as file:
        file.write(b"\x00torn" * 100)
    again = Process(tmp_path)
    assert len(again.get("/servers")) == 1
    assert again.end() == 0


def test_help_shows_every_setting() -> None:
    from tars_registry.app.settings import SETTINGS

    text = run("serve", "--help").stdout
    for setting in SETTINGS:
        assert setting.flag in text
        for variable in setting.variables:
            assert variable in text
