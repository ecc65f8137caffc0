"""``tarscli supervisor``: the shell around `tarscli.transitions`.

`loop` feeds events and does actions; beside it stand the things it does them with: processes,
the server's output, port checks, the registry's reporter, alarms, control socket, probes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tarscli.options import Options

__all__ = ["run"]


def run(options: Options) -> int:
    """The command; imported late, because the entry needs only `signals`."""
    from tarscli.supervisor.command import supervise

    return supervise(options)
