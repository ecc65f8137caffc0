"""The doctor's examinations, in the order in which they are printed."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypeAlias

from tars_runtime.errors import ConfigError, ServerError, TarsError

from tarscli.admin import Admin
from tarscli.clock import asked
from tarscli.hzcheck import answer
from tarscli.identity import family_of, is_local, local_address
from tarscli.info import ServerInfo, load_info
from tarscli.layout import Layout
from tarscli.locate import locator
from tarscli.marker import marked
from tarscli.meta import load_meta
from tarscli.options import Options
from tarscli.podspec import NotAsked, grace_period
from tarscli.ports import ephemeral_range
from tarscli.registry_client import NOTIFY, REGISTRY, find_endpoints
from tarscli.supervisor.limits import cpu_limit, memory_limit

_SKEW, _LARGE_SKEW = 2.0, 60.0
"""Seconds between two clocks that are worth a warning, and a failure."""

__all__ = ["EXAMINATIONS", "Examination", "Finding", "Patient"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One result: ``level`` is ok, warn or fail; ``fix`` says what to do."""

    name: str
    level: str
    text: str
    fix: str = ""

    def shown(self) -> dict[str, str]:
        """The stable fields of ``-o json``."""
        return {
            "name": self.name,
            "level": self.level,
            "text": self.text,
            "fix": self.fix,
        }


class Patient:
    """What the examinations look at."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.layout = Layout(Path(options.text("tars_path")))

    @cached_property
    def info(self) -> ServerInfo | None:
        """What genconf resolved, if it has run."""
        try:
            return load_info(self.layout.info)
        except ConfigError:
            return None


Examination: TypeAlias = Callable[[Patient], list[Finding]]


def _directories(patient: Patient) -> list[Finding]:
    found = []
    for path in (patient.layout.conf, patient.layout.data, patient.layout.log):
        place = path if path.exists() else path.parent
        if not os.access(place, os.W_OK | os.X_OK):
            fix = f"mount a writable volume on {path}"
            found.append(Finding("directories", "fail", f"{path} is not writable", fix))
    return found or [Finding("directories", "ok", "conf, data and log are writable")]


def _meta(patient: Patient) -> list[Finding]:
    path = patient.layout.meta
    if not path.exists():
        fix = "add it to the image, or set TARS_APPLICATION and TARS_SERVER"
        return [Finding("meta file", "warn", f"{path} does not exist", fix)]
    load_meta(path)
    return [Finding("meta file", "ok", f"{path} is well-formed")]


def _start_script(patient: Patient) -> list[Finding]:
    path = patient.layout.start_script
    if not path.exists():
        fix = "add it to the image, or set TARS_START_PATH"
        return [Finding("start script", "warn", f"{path} does not exist", fix)]
    if not os.access(path, os.X_OK):
        return [
            Finding(
                "start script", "fail", f"{path} is not executable", f"chmod +x {path}"
            )
        ]
    if "exec " not in path.read_text(encoding="utf-8", errors="replace"):
        fix = "end it with: exec SERVER --config=$TARS_CONFIG, so that signals reach the server"
        return [Finding("start script", "warn", "does not end with exec", fix)]
    return [Finding("start script", "ok", f"{path} executes the server")]


def _address(patient: Patient) -> list[Finding]:
    address = local_address(patient.options.text("pod_ip"), patient.options.environment)
    found = []
    if not patient.options.text("pod_ip"):
        fix = "set POD_IP by fieldRef: status.podIP"
        found.append(
            Finding("address", "warn", f"POD_IP is not set; {address} was found", fix)
        )
    if not is_local(address):
        fix = "POD_IP must be an address of this pod"
        found.append(Finding("address", "fail", f"{address} is not local", fix))
    if family_of(address) is socket.AF_INET6:
        fix = "on a dual-stack cluster give the IPv4 address"
        found.append(Finding("address", "warn", "TarsGo clients cannot dial IPv6", fix))
    return found or [Finding("address", "ok", f"{address} is local")]


def _port_range(patient: Patient) -> list[Finding]:
    low = patient.options.number("rand_port_min")
    high = patient.options.number("rand_port_max")
    ephemeral = ephemeral_range()
    if low > high:
        fix = "swap TARS_RAND_PORT_MIN and TARS_RAND_PORT_MAX"
        return [Finding("port range", "fail", f"{low} is above {high}", fix)]
    if low < ephemeral.stop and high >= ephemeral.start:
        text = (
            f"{low}-{high} overlaps the ephemeral ports {ephemeral[0]}-{ephemeral[-1]}"
        )
        fix = "choose a range outside, as the default 13000-16000"
        return [Finding("port range", "warn", text, fix)]
    return [Finding("port range", "ok", f"{low}-{high}")]


def _registry(patient: Patient) -> list[Finding]:
    where = locator(patient.options)
    timeout = patient.options.seconds("timeout")
    text = ", ".join(each.address for each in where.endpoints)
    try:
        active, _ = asyncio.run(find_endpoints(where, REGISTRY, timeout))
    except ServerError as error:
        fix = "is that a TARS registry? check TARS_LOCATOR"
        return [Finding("registry", "fail", f"{text} refused: {error}", fix)]
    except TarsError as error:
        fix = "check TARS_LOCATOR, the service's name and network policies"
        return [Finding("registry", "fail", f"{text} does not answer: {error}", fix)]
    if not active:
        fix = "the registry has not registered itself: look at its log"
        return [Finding("registry", "fail", f"{text} knows no {REGISTRY}", fix)]
    return [
        Finding("registry", "ok", f"{text} answers; {len(active)} active"),
        *_notify(patient),
    ]


def _notify(patient: Patient) -> list[Finding]:
    info = patient.info
    name = info.server.notify_object if info is not None else NOTIFY
    active, _ = asyncio.run(
        find_endpoints(
            locator(patient.options), name, patient.options.seconds("timeout")
        )
    )
    if active:
        return [Finding("notify", "ok", f"{name} is registered")]
    fix = "deploy the notify service, or do without messages to people"
    return [Finding("notify", "warn", f"{name} is not registered", fix)]


def _last_one(patient: Patient) -> list[Finding]:
    """The last active endpoint of an object is called for ever: clients ignore empty lists."""
    info = patient.info
    if info is None:
        return []
    where, timeout = locator(patient.options), patient.options.seconds("timeout")
    alone = []
    for name, _ in info.servants:
        active, _ = asyncio.run(find_endpoints(where, name, timeout))
        if [each.host for each in active] == [info.local_ip]:
            alone.append(name)
    if not alone:
        return []
    fix = (
        "run two replicas: clients ignore an empty list, and go on calling the last pod"
    )
    return [
        Finding("replicas", "warn", f"the only active pod of {', '.join(alone)}", fix)
    ]


def _admin(patient: Patient) -> list[Finding]:
    info = patient.info
    if info is None:
        return [
            Finding("server", "warn", "genconf has not run", "start the supervisor")
        ]
    try:
        timeout = patient.options.seconds("timeout")
        asyncio.run(Admin(info).notify("tars.viewversion", timeout))
    except TarsError as error:
        fix = "is the server running? see tarscli status and tarscli logs"
        return [
            Finding("server", "fail", f"the admin object does not answer: {error}", fix)
        ]
    return [
        Finding("server", "ok", f"the admin object answers on {info.admin.address}")
    ]


def _status(patient: Patient) -> list[Finding]:
    import time

    path = str(patient.layout.status)
    interval = patient.options.seconds("report_interval")
    reason = answer(path, interval, "", time.time())
    if not reason:
        return [Finding("probe", "ok", "the readiness probe passes")]
    fix = "see tarscli status; the probe must get the supervisor's TARS_REPORT_INTERVAL"
    return [Finding("probe", "fail", f"the readiness probe says: {reason}", fix)]


def _markers(patient: Patient) -> list[Finding]:
    layout, found = patient.layout, []
    if layout.stop.exists():
        fix = f"tarscli start, or remove {layout.stop}"
        found.append(Finding("markers", "warn", "data/stop holds the server", fix))
    if layout.prestop.exists():
        now = (
            "this server has left the registry"
            if marked(layout)
            else "of an earlier life"
        )
        fix = "tarscli start registers it again" if marked(layout) else "it is ignored"
        found.append(Finding("markers", "warn", f"data/prestop exists: {now}", fix))
    return found or [Finding("markers", "ok", "neither data/stop nor data/prestop")]


def _clock(patient: Patient) -> list[Finding]:
    port = patient.options.number("registry_http_port")
    if not port:
        return []
    host = locator(patient.options).endpoints[0].host
    try:
        ahead = asked(host, port, min(patient.options.seconds("timeout"), 2.0))
    except (OSError, ValueError) as error:
        text = f"not compared with the registry's: {host}:{port}: {error}"
        return [Finding("clock", "ok", text)]
    if abs(ahead) < _SKEW:
        return [Finding("clock", "ok", "agrees with the registry's")]
    text = f"{abs(ahead):.0f} s {'behind' if ahead > 0 else 'ahead of'} the registry's"
    fix = "synchronize the clocks of the nodes (NTP): logs, tokens and certificates need it"
    return [
        Finding("clock", "fail" if abs(ahead) >= _LARGE_SKEW else "warn", text, fix)
    ]


def _budget(patient: Patient) -> list[Finding]:
    options = patient.options
    told, wait = options.seconds("grace_period"), options.seconds("prestop_waittime")
    try:
        account = Path(options.text("service_account"))
        timeout = options.seconds("timeout")
        grace = grace_period(account, options.environment, timeout)
        source = "the pod's"
    except NotAsked:
        grace, source = told, "TARS_GRACE_PERIOD's"
    needed = wait + 15
    if grace != told:
        fix = "set both to the same number of seconds"
        text = f"the pod has {grace:g} s, TARS_GRACE_PERIOD says {told:g} s"
        return [Finding("grace period", "fail" if grace < told else "warn", text, fix)]
    if grace < options.seconds("drain_min") + 15:
        fix = f"set terminationGracePeriodSeconds and TARS_GRACE_PERIOD to {needed:g} or more"
        text = (
            f"{source} {grace:g} s do not hold the shortest drain and the server's stop"
        )
        return [Finding("grace period", "fail", text, fix)]
    if grace < needed:
        fix = f"{needed:g} s hold the longest drain, too"
        text = f"{source} {grace:g} s cut the longest drain ({wait:g} s)"
        return [Finding("grace period", "warn", text, fix)]
    text = f"{source} {grace:g} s hold drain and stop"
    return [Finding("grace period", "ok", text)]


def _container(_: Patient) -> list[Finding]:
    cpus, memory = cpu_limit(), memory_limit()
    limits = f"cpu {cpus or 'unlimited'}, memory {memory or 'unlimited'}"
    found = [Finding("limits", "ok", limits)]
    first = Path("/proc/1/cmdline").read_bytes().split(b"\0")
    if Path(first[0].decode(errors="replace")).name in ("sh", "bash", "dash"):
        fix = 'write the command as a list: ["tarscli", "supervisor"]'
        found.append(
            Finding("pid 1", "warn", "a shell is PID 1 and swallows signals", fix)
        )
    pattern = Path("/proc/sys/kernel/core_pattern").read_text().strip()
    if not pattern.startswith(("|", "/")):
        found.append(
            Finding("core dumps", "ok", f"written to the working directory: {pattern}")
        )
    return found


EXAMINATIONS: tuple[tuple[str, Examination], ...] = (
    ("directories", _directories),
    ("meta file", _meta),
    ("start script", _start_script),
    ("address", _address),
    ("port range", _port_range),
    ("registry", _registry),
    ("replicas", _last_one),
    ("server", _admin),
    ("probe", _status),
    ("markers", _markers),
    ("clock", _clock),
    ("grace period", _budget),
    ("container", _container),
)
