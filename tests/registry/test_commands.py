"""The commands that ask a running registry: what they show, what they do, what they refuse."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tars_registry.core import operator
from tars_registry.storage.location import locate
from tars_runtime.communicator import Communicator
from tars_runtime.interfaces.tars import AdminFProxy, RegisterMetricsReq, onPrestopReq

from tests.registry.program import OBJECT, PROGRAM, Client, Process, environment, say
from tests.registry.rig import Rig

ROW = {"application": "A", "server": "B", "node": "n"}
NODES = ("127.0.0.2", "127.0.0.3")


def register(registry: Process, *nodes: str) -> None:
    async def all_of_them() -> None:
        async with Communicator() as communicator:
            client = Client(communicator, registry.port)
            for node in nodes:
                await client.start(node)

    asyncio.run(all_of_them())


def leave(registry: Process, *nodes: str) -> None:
    async def all_of_them() -> None:
        async with Communicator() as communicator:
            client = Client(communicator, registry.port)
            for node in nodes:
                await client.registry.onPrestop(
                    onPrestopReq(
                        nodeName=node, application="Demo", server="HelloServer"
                    )
                )

    asyncio.run(all_of_them())


@pytest.fixture
def two(shared: Process) -> Process:
    """A registry where two servers registered anew."""
    register(shared, *NODES)
    return shared


def test_ls_shows_servers_and_their_states(two: Process) -> None:
    table = [line.split() for line in two.say("ls", "Demo").out.splitlines()]
    assert " ".join(table[0]) == (
        "application server node present setting flow set ours"
    )
    assert [line[2] for line in table[1:]] == list(NODES)
    assert table[1][3:] == ["active", "active", "active", "-", "yes"]


@pytest.mark.parametrize(
    ("pattern", "nodes"),
    [
        ("", ["127.0.0.1", *NODES]),
        ("demo.hello*", [*NODES]),
        ("@*.3", ["127.0.0.3"]),
        ("*.*@127.0.0.2", ["127.0.0.2"]),
        ("Demo.HelloServer@127.0.0.?", [*NODES]),
        ("No.Such", []),
    ],
)
def test_patterns(two: Process, pattern: str, nodes: list[str]) -> None:
    rows = json.loads(two.say("ls", pattern, "--json").out)
    assert sorted(each["node"] for each in rows) == nodes


def test_resolve_shows_what_a_caller_gets_and_why(two: Process) -> None:
    done = two.say("resolve", OBJECT, "--node", "10.0.0.1")
    assert done.code == 0
    assert done.out.splitlines()[1:] == [
        "active  tcp -h 127.0.0.2 -p 10000 -t 60000",
        "active  tcp -h 127.0.0.3 -p 10000 -t 60000",
        "result 0: all nodes: the caller is in no group",
    ]
    assert len(json.loads(two.say("resolve", OBJECT, "--json").out)["active"]) == 2
    unknown = two.say("resolve", "No.Such.Obj")
    assert (unknown.code, unknown.out.splitlines()[-1]) == (
        1,
        "result 0: the object is unknown",
    )


def test_drain_shows_first_and_does_what_was_counted(two: Process) -> None:
    pattern = "Demo.HelloServer@127.0.0.2"
    shown = two.say("drain", pattern)
    assert (shown.code, shown.err) == (
        0,
        "1 server fits, nothing done: give --yes 1\n",
    )
    wrong = two.say("drain", pattern, "--yes", "2")
    assert (wrong.code, "nothing done" in wrong.err) == (1, True)
    assert "nothing done\n" in two.say("drain", "No.Such", "--yes", "1").err
    assert two.say("drain", pattern, "--yes", "1").err == "1 server drained\n"
    lines = two.say("resolve", OBJECT).out.splitlines()
    assert [line.split()[0] for line in lines[1:3]] == ["active", "inactive"]
    opened = two.say("drain", pattern, "--open", "--yes", "1", "--json")
    assert json.loads(opened.out) == ["demo.helloserver on 127.0.0.2"]
    assert opened.err == "1 server opened\n"
    lines = two.say("resolve", OBJECT).out.splitlines()
    assert [line.split()[0] for line in lines[1:3]] == ["active", "active"]


def test_what_was_exported_is_imported_where_it_is_missing(
    two: Process, tmp_path: Path
) -> None:
    assert two.say("drain", "Demo.*@*.3", "--yes", "1").code == 0
    metrics(two, "127.0.0.2", 9100)
    exported = two.say("export", "Demo.*").out
    file = tmp_path / "export.json"
    file.write_text(exported)
    assert two.say("import", str(file)).err == "0 servers missing (dry run)\n"
    leave(two, *NODES)
    assert two.say("import", str(file)).err == "2 servers missing (dry run)\n"
    assert json.loads(two.say("ls", "Demo", "--json").out) == []
    done = two.say("import", str(file), "--yes")
    assert (done.out.count("\n"), done.err) == (2, "2 servers restored\n")
    assert two.say("export", "Demo.*").out == exported, "states, flow, ports and all"
    assert two.say("drain", "Demo.*@*.3", "--open", "--yes", "1").code == 0


def metrics(registry: Process, node: str, port: int) -> None:
    async def register_port() -> None:
        async with Communicator() as communicator:
            client = Client(communicator, registry.port)
            await client.registry.registerMetrics(
                RegisterMetricsReq(
                    nodeName=node,
                    application="Demo",
                    server="HelloServer",
                    metricsPort=port,
                )
            )

    asyncio.run(register_port())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("nonsense", "expected JSON"),
        ('{"a": 1}', "expected vector<ServerRow>, got an object"),
        ("[1]", "expected ServerRow, got an integer - at [0]"),
        ('[{"application": "A", "server": "B"}]', "got none - at [0].node"),
        (
            json.dumps([ROW | {"flowState": "shut"}]),
            "expected active or inactive, got 'shut' - at flowState",
        ),
        (
            json.dumps([ROW | {"metricsPort": 70000}]),
            "expected a port, 0 to 65535, got 70000 - at metricsPort",
        ),
        (
            json.dumps([ROW | {"adapters": [{"servant": "A.B", "endpoint": "there"}]}]),
            "got 'there' - at adapters[0].endpoint",
        ),
    ],
)
def test_a_file_that_is_no_export_is_one_line(
    shared: Process, tmp_path: Path, text: str, said: str
) -> None:
    (tmp_path / "file").write_text(text)
    done = shared.say("import", str(tmp_path / "file"))
    assert done.code == 2
    assert said in done.err
    assert done.err.count("\n") == 1


@pytest.mark.parametrize(
    ("before", "code"),
    [
        ((), 0),
        (("2024-01-31",), 0),
        (("2024-01-31", "12:00:00"), 0),
        (("2024-01-31T12:00",), 0),
        (("tomorrow",), 2),
        (("2024-02-31",), 2),
        (("2024-01-31T12:00:00+02:00",), 2),
    ],
)
def test_clean_takes_a_date_and_a_time(
    shared: Process, before: tuple[str, ...], code: int
) -> None:
    done = shared.say("clean", *before)
    assert done.code == code
    expected = "Dry run.\n" if code == 0 else "expected a date like 2024-01-31 or"
    assert expected in done.err


async def test_the_admin_object_has_the_go_registrys_clean(tmp_path: Path) -> None:
    """Its date and time have a blank between them, which the Go registry took for an error."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        local = f"tcp -h 127.0.0.1 -p {probe.getsockname()[1]} -t 60000"
    with Process(tmp_path, "--local", local) as registry:
        async with Communicator() as communicator:
            admin = communicator.proxy(AdminFProxy, f"AdminObj@{local}")
            await Client(communicator, registry.port).start()
            assert await admin.notify("clean") == "Dry run."
            assert await admin.notify("clean n 2024-01-31 12:00:00") == "Deleted"
            assert await admin.notify("clean y 2024-01-31") == "Dry run."
            said = await admin.notify("clean n tomorrow")
            assert "expected a date like 2024-01-31" in said
            assert "clean" in await admin.notify("tars.help")
        servers = await asyncio.to_thread(registry.get, "/servers?application=Demo")
        assert len(servers) == 1, "it lives"


async def test_large_lists_come_in_pages(
    tmp_path: Path, open_rig: Callable[..., Rig], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(operator, "PAGE", 3)
    rig = open_rig(locate("", str(tmp_path / "r.db"), {}))
    await rig.load()
    nodes = [f"10.0.0.{each}" for each in range(1, 8)]
    for node in nodes:
        await rig.start(node)
    anything = operator.fits("", "", "")
    after, seen = rig.key(""), []
    while page := await rig.operator.page(anything, after):
        assert len(page) <= 3
        seen += [each.server.node_name for each in page]
        after = page[-1].server.key
    assert seen == nodes


def test_a_reader_that_has_enough_is_no_mistake(two: Process) -> None:
    with subprocess.Popen(
        [*PROGRAM, "export", "--registry", f"127.0.0.1:{two.port}"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
    ) as command:
        assert command.stdout is not None
        assert command.stderr is not None
        command.stdout.close()
        assert command.stderr.read() == b""
        command.wait(timeout=20)


def test_a_command_that_asks_does_not_load_the_database_layer(closed_port: int) -> None:
    code = (
        "import sys; from tars_registry.app import main; "
        f"main(['ls', '--registry', '127.0.0.1:{closed_port}']); "
        "print('sqlalchemy' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout == "False\n"


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    """A registry that asks for a token."""
    folder = tmp_path_factory.mktemp("guarded")
    (folder / "token").write_text("right\n")
    (folder / "other").write_text("wrong\n")
    (folder / "export").write_text('[{"application": "A", "server": "B", "node": "n"}]')
    flags = "--access", "require", "--token-file", str(folder / "token")
    process = Process(folder, *flags)
    yield process
    process.close()


@pytest.mark.parametrize(
    "command",
    [("drain", "*"), ("clean",), ("import", "export")],
    ids=lambda one: one[0],
)
def test_what_changes_servers_needs_the_token(
    guarded: Process, command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(guarded.folder)
    refused = "refused: expected the registry's token, got "
    for flags, code, said in (
        ((), 2, refused + "none: give --token-file FILE"),
        (("--token-file", "other"), 2, refused + "another: give --token-file FILE"),
        (("--token-file", "token"), 0, ""),
        (("--token-file", "nowhere"), 2, "--token-file: expected a readable file"),
    ):
        done = guarded.say(*command, *flags)
        assert (done.code, said in done.err) == (code, True), done
        assert done.err.count("\n") == 1
    assert guarded.say("ls").code == 0, "questions are open"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param((), "COMMAND", id="none"),
        pytest.param(("paint",), "invalid choice: 'paint'", id="unknown"),
        pytest.param(("drain",), "pattern", id="no pattern"),
        pytest.param(("drain", "*", "--yes", "all"), "invalid int", id="no count"),
    ],
)
def test_wrong_arguments_show_the_usage(arguments: tuple[str, ...], said: str) -> None:
    done = say(*arguments)
    assert done.code == 2
    assert done.err.startswith("usage: tarsregistry")
    assert said in done.err.splitlines()[-1]
