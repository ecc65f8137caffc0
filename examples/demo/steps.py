"""The six steps of the main job, in order."""

from __future__ import annotations

import asyncio
import shutil
import socket
import sqlite3
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from examples.demo.stage import DemoFailed, Stage

__all__ = ["STEPS"]

IDL = Path("runtime/tars_runtime/interfaces/idl")
FRAMEWORK = ("tarsregistry", "QueryF", "EndpointF", "AdminF", "NotifyF")
HELLO = Path("examples/hello")


def compile_interfaces(stage: Stage) -> None:
    """From ``.tars`` to typed Python: the framework's interfaces, and the example's own."""
    sources = [str(IDL / f"{name}.tars") for name in FRAMEWORK]
    for files, out in (
        (sources, stage.folder / "interfaces"),
        ([str(HELLO / "Hello.tars")], stage.tars_path / "bin"),
    ):
        stage.run("tars2py", *files, "--out", str(out))
        for part in sorted(out.glob("*/*.py")):
            lines = len(part.read_text(encoding="utf-8").splitlines())
            stage.say(f"  {part.relative_to(out)!s:<24} {lines:4} lines")


def start_registry(stage: Stage) -> None:
    """The registry, on SQLite in a file."""
    address = ("--host", "127.0.0.1", "--port", str(stage.registry_port))
    stage.start(
        "registry", "tarsregistry", "serve", *address, "--db", str(stage.database)
    )
    stage.wait_for("the registry to listen", lambda: listening(stage.registry_port))
    stage.say(f"the registry answers on 127.0.0.1:{stage.registry_port}")


def supervise_server(stage: Stage) -> None:
    """A server from a TARS_PATH with the documented layout, under its supervisor."""
    for name in ("hello_server.py", "_server_meta.yaml", "start.sh"):
        shutil.copy(HELLO / name, stage.tars_path / "bin" / name)
    stage.start("supervisor", "tarscli", "supervisor")
    for state in ("activating", "active"):
        stage.wait_for(f"the server to be {state}", partial(has_been, stage, state))
        stage.say(f"registered as {state}")


def call_by_name(stage: Stage) -> None:
    """Resolve the object through the registry, and call it."""
    sys.path.insert(0, str(stage.tars_path / "bin"))
    from examples.demo.client import visit

    for line in asyncio.run(visit(stage.locator)):
        stage.say(line)


def administer(stage: Stage) -> None:
    """What the container platform and its operators do with a running server."""
    stage.run("tarscli", "hzcheck")
    stage.say("it answers 0: the server is active")
    stage.run("tarscli", "notify", "tars.setloglevel", "DEBUG")
    from examples.demo.client import visit

    asyncio.run(visit(stage.locator))
    line = stage.wait_for("a DEBUG line of the server", lambda: debug_line(stage))
    stage.say(f"the server's log goes on with: {line}")
    names, row = server_row(stage.database) or ((), ())
    stage.say("the server's row in t_server_conf:")
    for name, value in zip(names, row, strict=True):
        if value not in (None, "", 0):
            stage.say(f"  {name:<20} {value}")


def drain(stage: Stage) -> None:
    """Out of the registry first, then out of life."""
    stage.run("tarscli", "prestop")
    from examples.demo.client import look_for

    for line in asyncio.run(look_for(stage.locator)):
        stage.say(line)
    row = server_row(stage.database)
    if row is not None:
        raise DemoFailed(
            f"expected no row of Demo.HelloServer after prestop, got {row[1]}"
        )
    stage.say(
        "the registry's answer is empty: Demo.HelloServer is drained and deregistered"
    )


STEPS: tuple[tuple[str, Callable[[Stage], None]], ...] = (
    ("Compile the interfaces", compile_interfaces),
    ("Start the registry", start_registry),
    ("Start a server under its supervisor", supervise_server),
    ("Find the server by name and call it", call_by_name),
    ("Probe it, change it, look at its row", administer),
    ("Drain it", drain),
)


def debug_line(stage: Stage) -> str | None:
    """What the running server logged at its new level, if it did."""
    log = stage.tars_path / "log" / "Demo" / "HelloServer" / "Demo.HelloServer.log"
    lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
    return next((line for line in lines if "|DEBUG|card " in line), None)


def listening(port: int) -> bool | None:
    """True once somebody listens on a port of loopback."""
    with socket.socket() as probe:
        return True if probe.connect_ex(("127.0.0.1", port)) == 0 else None


def has_been(stage: Stage, state: str) -> bool | None:
    """True once the server's row is in this state."""
    found = server_row(stage.database)
    return (
        True
        if found and dict(zip(*found, strict=True))["present_state"] == state
        else None
    )


def server_row(database: Path) -> tuple[tuple[str, ...], tuple[object, ...]] | None:
    """The example's row of ``t_server_conf``: column names and values; ``None`` without one."""
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    try:
        cursor = connection.execute(
            "SELECT * FROM t_server_conf WHERE application = 'Demo' AND server_name = 'HelloServer'"
        )
        row = cursor.fetchone()
        return (tuple(column[0] for column in cursor.description), row) if row else None
    finally:
        connection.close()
