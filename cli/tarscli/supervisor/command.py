"""The supervisor from its command line to its exit code: what is made first, and cleared last."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from tars_runtime.errors import ConfigError

from tarscli.files import make_folder
from tarscli.genconf import generate, new_ports, write
from tarscli.layout import Layout
from tarscli.marker import clear_marker
from tarscli.options import Options
from tarscli.supervisor import processes
from tarscli.supervisor.messages import Messages
from tarscli.supervisor.rolling import RollingFile
from tarscli.supervisor.server import Server
from tarscli.supervisor.setup import Setup, make_setup

__all__ = ["supervise"]


def supervise(options: Options) -> int:
    """Configure, start, watch; raises `ConfigError` before anything is started."""
    if options.on("once"):
        return _once(options)
    layout = Layout(Path(options.text("tars_path")))
    ports = new_ports(options)
    try:
        made = generate(options, ports)
        write(made, layout)
        for folder in (layout.data, layout.log):
            make_folder(folder)
        setup = make_setup(options, layout, made.info, str(made.path.absolute()))
        messages = Messages(layout.supervisor_log)
        for warning in made.warnings:
            messages.say("warn", warning)
        code, words = asyncio.run(_supervise(setup, messages))
    except ConfigError as error:
        _last_words(options, str(error))
        raise
    finally:
        ports.release()
    if code:
        _last_words(options, words)
    return code


async def _supervise(setup: Setup, messages: Messages) -> tuple[int, str]:
    from tarscli.supervisor.desk import Desk
    from tarscli.supervisor.loop import Supervisor

    layout = setup.layout
    _adopt(messages)
    _sweep(layout, messages)
    clear_marker(layout)
    children = processes.Children()
    server = Server(
        children,
        setup.start,
        setup.environment,
        processes.owner_mark(layout.root),
        lambda: RollingFile(layout.start_log, setup.log_size, setup.log_count),
    )
    supervisor = Supervisor(setup, server, children, messages)
    supervisor.begin()
    supervisor.connect()
    desk = Desk(supervisor)
    await desk.open()
    code = await supervisor.end()
    desk.close()
    messages.close()
    return code, supervisor.last_words


def _adopt(messages: Messages) -> None:
    """Orphans of the server come to us: as PID 1 anyway, else by asking the kernel."""
    if os.getpid() != 1 and not processes.become_subreaper():
        messages.say("warn", "orphans of the server will not be reaped here")


def _sweep(layout: Layout, messages: Messages) -> None:
    """A supervisor that was killed may have left its server running, on our ports."""
    left = processes.abandoned(layout.root)
    if left:
        messages.say("warn", f"ending processes of an earlier supervisor: {left}")
        processes.signal_each(left, 9)


def _last_words(options: Options, text: str) -> None:
    """For the kubelet, which shows them as the reason of the container's end."""
    path = Path(options.text("termination_log"))
    try:
        if path.exists():
            path.write_text(text[-4000:] + "\n", encoding="utf-8")
    except OSError:
        return


def _once(options: Options) -> int:
    from tarscli.console import complain, say
    from tarscli.info import load_info
    from tarscli.supervisor.checks import check_server

    info = load_info(Layout(Path(options.text("tars_path"))).info)
    reason = asyncio.run(check_server(info, [], options.on("check_ping")))
    if reason:
        complain(reason)
        return 1
    say("active")
    return 0
