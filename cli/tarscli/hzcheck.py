"""``tarscli hzcheck``: the probe. 0 when the server is active, else 1 and the reason.

It reads one file, imports only sys, os and time, writes nothing, and never fails in another
way than with 1. The status file's modification time is the supervisor's heartbeat; the time
since boot in ``check_status.beat`` judges it again when the wall clock was set.
"""

import os
import sys
import time

from tarscli.durations import parse_duration

__all__ = ["answer", "main"]

_READY = ("active",)
_SERVING = ("active", "deactivating")
_USAGE = """\
probe: 0 when the server is active, else 1 and the reason

Usage:
  tarscli hzcheck [--live | --ready | --startup] [--report-interval TIME] [--tars-path PATH]

  (no flag)   active or deactivating: the readiness probe of the Go tool
  --live      the supervisor is alive, whatever the server does (livenessProbe)
  --ready     active, and not leaving (readinessProbe)
  --startup   has finished starting (startupProbe)

Available environment variables:
  TARS_REPORT_INTERVAL time    the supervisor's report interval (default 30s).
  TARS_PATH string    the directory that everything is below (default /tars).
"""
_RETRIES = 10
_PAUSE = 0.05
_TOGETHER = 60.0
"""Seconds that status and beat may lie apart, on a clock that was set in between."""


def main(arguments: "list[str] | None" = None) -> int:
    """The command; returns the exit code."""
    arguments = sys.argv[2:] if arguments is None else arguments
    if arguments and arguments[0] in ("help", "--help", "-h"):
        sys.stdout.write(_USAGE)
        return 0
    try:
        mode, root, interval = _options(arguments)
        reason = answer(root + "/data/check_status", interval, mode, time.time())
    except ValueError as error:
        reason = str(error)
    if reason:
        sys.stderr.write(reason + "\n")
        return 1
    return 0


def answer(path: str, interval: float, mode: str, now: float) -> str:
    """Why the probe fails, or an empty text.

    ``interval`` is in seconds, ``mode`` one of ``""``, ``live``, ``ready``, ``startup``.
    """
    try:
        written = os.stat(path).st_mtime
    except OSError:
        return "not ready"
    if not _fresh(path, written, interval, now):
        return "supervisor not alive"
    if mode == "live":
        return ""
    word = _word(path)
    allowed = {"ready": _READY, "startup": (*_SERVING, "inactive")}.get(mode, _SERVING)
    return "" if word in allowed else "not active:" + word


def _fresh(path: str, written: float, interval: float, now: float) -> bool:
    """Whether the heartbeat is young, on the clock since boot where that is known."""
    if interval <= 0:
        return False
    age = _age_since_boot(path + ".beat", written)
    if age >= 0:
        return age <= 2 * interval
    return now - interval <= written + interval and written <= now + interval


def _age_since_boot(path: str, written: float) -> float:
    """Seconds since the beat on the clock since boot; negative when it cannot be known.

    A beat that was not written beside the status belongs to an earlier supervisor.
    """
    try:
        if abs(os.stat(path).st_mtime - written) > _TOGETHER:
            return -1.0
        with open(path, "rb") as file:
            beat = float(file.read(64).split()[0])
    except (OSError, ValueError, IndexError):
        return -1.0
    return time.clock_gettime(time.CLOCK_BOOTTIME) - beat


def _word(path: str) -> str:
    """The state; an older supervisor truncates before it writes, so emptiness is asked again."""
    for _ in range(_RETRIES):
        try:
            with open(path, "rb") as file:
                word = file.read(64).decode("ascii", "replace")
        except OSError:
            word = ""
        if word:
            return word
        time.sleep(_PAUSE)
    return ""


def _options(arguments: "list[str]") -> "tuple[str, str, float]":
    """Mode, root and interval; raises `ValueError` with what is wrong."""
    mode = ""
    root = os.environ.get("TARS_PATH") or "/tars"
    text = os.environ.get("TARS_REPORT_INTERVAL", "30s")
    rest = iter(arguments)
    for argument in rest:
        name, equals, value = argument.partition("=")
        if name in ("--live", "--ready", "--startup") and not equals:
            mode = name[2:]
        elif name in ("--report-interval", "--tars-path"):
            value = value if equals else next(rest, "")
            text, root = (value, root) if name == "--report-interval" else (text, value)
        elif name.startswith("-"):
            raise ValueError(
                name + ": hzcheck has no such flag; see tarscli hzcheck --help"
            )
    try:
        return mode, root, parse_duration(text)
    except ValueError as error:
        raise ValueError("TARS_REPORT_INTERVAL=" + text + ": " + str(error)) from None
