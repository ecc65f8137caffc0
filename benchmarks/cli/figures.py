"""The figures, each a function of rounds; medians of interleaved runs where two are compared."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

from benchmarks.cli.place import TARSCLI, cpu_of, place, until
from benchmarks.report import Line

__all__ = ["commands", "supervisor", "versus_bare"]

BARE = [sys.executable, "-c", "pass"]


def versus_bare(rounds: int) -> list[Line]:
    """hzcheck and help against an interpreter that does nothing, wall time."""
    with place() as room:
        room.layout.data.mkdir()
        room.layout.status.write_text("active")
        times = interleaved(
            {
                "bare": BARE,
                "hzcheck": [TARSCLI, "hzcheck"],
                "help": [TARSCLI, "help"],
            },
            room.environment,
            rounds,
        )
    peer = f"python -c pass, {median(times['bare']) * 1000:.1f} ms"
    return [
        Line(
            metric=f"cli.{name}_vs_bare",
            value=round(median(times[name]) / median(times["bare"]), 3),
            goal=goal,
            better="lower",
            peer=peer,
            rounds=rounds,
        )
        for name, goal in (("hzcheck", 1.1), ("help", 3.0))
    ]


def interleaved(
    commands: dict[str, list[str]], environment: dict[str, str], rounds: int
) -> dict[str, list[float]]:
    """Seconds of each command, run in turn."""
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            began = time.perf_counter()
            subprocess.run(
                command, env=environment, stdout=subprocess.DEVNULL, check=True
            )
            times[name].append(time.perf_counter() - began)
    return times


def commands(rounds: int) -> list[Line]:
    """Processor time of notify, and of prestop besides its waiting."""
    notify, prestop = [], []
    with place() as room:
        started = room.supervise_cold()
        started.wait_word("active")
        for _ in range(rounds):
            notify.append(cpu_of([TARSCLI, "notify", "x"], room.environment))
        started.stop()
        for _ in range(rounds):
            room.layout.prestop.unlink(missing_ok=True)
            words = [TARSCLI, "prestop", "--prestop-waittime", "100ms"]
            prestop.append(cpu_of(words, room.environment))
    return [
        Line(
            metric=f"cli.{name}_cpu_ms",
            value=round(median(values), 1),
            goal=150,
            better="lower",
            rounds=rounds,
        )
        for name, values in (("notify", notify), ("prestop", prestop))
    ]


def supervisor(rounds: int, seconds: float) -> list[Line]:
    """From its start to the server's, and what it costs at rest."""
    starts = [start_time() for _ in range(rounds)]
    with place() as room:
        started = room.supervise_cold()
        started.wait_word("active")
        pid = started.process.pid
        time.sleep(2)
        before, began = ticks(pid), time.monotonic()
        time.sleep(seconds)
        spent = (ticks(pid) - before) / os.sysconf("SC_CLK_TCK")
        idle = 100 * spent / (time.monotonic() - began)
        memory = pss(pid)
        started.stop()
    return [
        Line(
            metric="cli.start_to_server_ms",
            value=round(median(starts) * 1000, 1),
            goal=300,
            better="lower",
            rounds=rounds,
        ),
        Line(
            metric="cli.supervisor_pss_mib",
            value=round(memory, 1),
            goal=32,
            better="lower",
            rounds=1,
        ),
        Line(
            metric="cli.supervisor_idle_cpu_percent",
            value=round(idle, 3),
            goal=0.3,
            better="lower",
            rounds=1,
        ),
    ]


def start_time() -> float:
    """Seconds from the supervisor's exec to the first line of the start script."""
    with place() as room:
        mark = room.root / "begun"
        room.script(f"#!/bin/sh\n: > {mark}\nexec sleep 60\n")
        began = time.perf_counter()
        started = room.supervise_cold()
        until(mark.exists, "the start script")
        took = time.perf_counter() - began
        started.process.send_signal(signal.SIGTERM)
        started.process.wait(30)
    return took


def ticks(pid: int) -> int:
    """Clock ticks that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def pss(pid: int) -> float:
    """Proportional memory of a process in MiB."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("no Pss in smaps_rollup")
