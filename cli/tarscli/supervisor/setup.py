"""What one supervisor was told: its options, read once and frozen."""

from __future__ import annotations

import os
import random
from collections.abc import Mapping
from dataclasses import dataclass, field

from tarscli.info import ServerInfo
from tarscli.layout import Layout
from tarscli.options import Options
from tarscli.states import Policy
from tarscli.supervisor.limits import limit_variables
from tarscli.supervisor.processes import start_time
from tarscli.supervisor.server import start_command
from tarscli.token import VARIABLE, token_context

__all__ = ["Setup", "make_setup"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """Settings of one run; times in seconds, sizes in bytes."""

    layout: Layout
    info: ServerInfo
    policy: Policy
    environment: Mapping[str, str]
    """What the server and the user's scripts get."""

    instance: str
    """Names this life towards the registry."""

    token: Mapping[str, str] = field(repr=False)
    """The registry's token, as a context."""

    version: str
    disable_flow: bool
    start: str
    stop: str
    check_script: str
    check_script_timeout: float
    ping: bool
    hook: str
    floor: float
    log_size: int
    log_count: int
    probe_port: int


def make_setup(
    options: Options,
    layout: Layout,
    info: ServerInfo,
    config: str,
) -> Setup:
    """Read the options; they were checked when the command line was parsed."""
    environment = {
        name: value for name, value in options.environment.items() if name != VARIABLE
    }
    ours = {**environment, **limit_variables(environment), "TARS_CONFIG": config}
    return Setup(
        layout=layout,
        info=info,
        policy=_policy(options),
        environment=ours,
        instance=f"{environment.get('POD_UID', '')}.{os.getpid()}.{start_time(os.getpid())}",
        token=token_context(options),
        version=options.text("server_version"),
        disable_flow=bool(options.text("disable_flow")),
        start=start_command(options.text("start_path"), layout.start_script),
        stop=options.text("stop_path"),
        check_script=options.text("before_check_script"),
        check_script_timeout=options.seconds("check_script_timeout"),
        ping=options.on("check_ping"),
        hook=options.text("hook"),
        floor=options.seconds("drain_min"),
        log_size=options.size("start_log_size"),
        log_count=options.number("start_log_count"),
        probe_port=options.number("probe_port"),
    )


def _policy(options: Options) -> Policy:
    return Policy(
        check_interval=options.seconds("check_interval"),
        check_retry=options.seconds("check_retry_timeout"),
        activating_timeout=options.seconds("activating_timeout"),
        report_interval=options.seconds("report_interval"),
        restart=options.text("restart_policy"),
        restart_max=options.number("restart_max"),
        restart_hung=options.seconds("restart_hung"),
        jitter=random.uniform(0.9, 1.1),
        grace_period=options.seconds("grace_period"),
        prestop_waittime=options.seconds("prestop_waittime"),
        require_registry=options.on("require_registry"),
        ready_without_registry=options.on("ready_without_registry"),
    )
