"""Where tarscli begins: the probe takes the short way, the supervisor masks signals first.

Imports nothing but sys, so that `tarscli hzcheck` costs little more than the interpreter.
"""

import sys

__all__ = ["main"]


def main() -> int:
    """The program; returns the exit code."""
    command = sys.argv[1] if len(sys.argv) > 1 else ""
    if command == "hzcheck":
        from tarscli.hzcheck import main as probe

        return probe()
    if command == "supervisor":
        from tarscli.supervisor.signals import mask

        mask()
    from tarscli.main import run

    return run(sys.argv[1:])
