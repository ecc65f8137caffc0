"""What an operator may ask of a process: what it uses, and what its threads and tasks do."""

from __future__ import annotations

import asyncio
import gc
import os
import resource
import sys
import threading
import traceback
from collections.abc import Iterator
from pathlib import Path

__all__ = ["resources", "stacks"]

DEEPEST = 8
"""Frames of a stack that are shown, the innermost."""
MOST = 200
"""Tasks that are shown."""


def resources() -> str:
    """Memory, time, files, threads and tasks of this process, a line each."""
    return "\n".join(f"{name}: {value}" for name, value in _figures())


def _figures() -> Iterator[tuple[str, object]]:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    yield "pid", os.getpid()
    yield "memory", f"{_resident_kib()} KiB, at most {usage.ru_maxrss} KiB"
    yield "cpu", f"{usage.ru_utime:.2f} s user, {usage.ru_stime:.2f} s system"
    yield "files", f"{_open_files()} of {soft}"
    yield "threads", threading.active_count()
    yield "tasks", len(asyncio.all_tasks())
    yield "objects", f"{len(gc.get_objects())} watched, {gc.get_freeze_count()} frozen"


def _resident_kib() -> int:
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return 0
    return pages * resource.getpagesize() // 1024


def _open_files() -> int:
    try:
        return len(os.listdir("/proc/self/fd"))
    except OSError:
        return 0


def stacks() -> str:
    """Where each thread and each waiting task stands."""
    return "\n".join([*_threads(), *_tasks()])


def _threads() -> Iterator[str]:
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    for ident, frame in sys._current_frames().items():
        yield f"[thread] {names.get(ident, ident)}"
        yield from _shown(traceback.extract_stack(frame))


def _tasks() -> Iterator[str]:
    tasks = sorted(asyncio.all_tasks(), key=lambda task: task.get_name())
    for task in tasks[:MOST]:
        yield f"[task] {task.get_name()}"
        frames = task.get_stack(limit=DEEPEST)
        yield from _shown(
            traceback.StackSummary.extract((each, each.f_lineno) for each in frames)
        )
    if len(tasks) > MOST:
        yield f"and {len(tasks) - MOST} more tasks"


def _shown(stack: traceback.StackSummary) -> Iterator[str]:
    for each in stack[-DEEPEST:]:
        yield f"  {Path(each.filename).name}:{each.lineno} {each.name}"
