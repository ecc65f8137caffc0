"""Options of the other commands."""

from __future__ import annotations

from tarscli.settings.model import Kind, Setting

__all__ = ["OTHERS"]

OTHERS = (
    Setting(
        key="live",
        kind=Kind.SWITCH,
        default="0",
        help="only ask whether the supervisor is alive",
        commands=("hzcheck",),
    ),
    Setting(
        key="ready",
        kind=Kind.SWITCH,
        default="0",
        help="ask whether the server is active and not leaving",
        commands=("hzcheck",),
    ),
    Setting(
        key="startup",
        kind=Kind.SWITCH,
        default="0",
        help="ask whether the server has finished starting",
        commands=("hzcheck",),
    ),
    Setting(
        key="strict",
        kind=Kind.SWITCH,
        default="0",
        help="fail (4: registry unreachable, 1: other) when a step could not be done",
        commands=("prestop",),
    ),
    Setting(
        key="check",
        kind=Kind.SWITCH,
        default="0",
        help="only check the input",
        commands=("genconf",),
    ),
    Setting(
        key="diff",
        kind=Kind.SWITCH,
        default="0",
        help="show what would change; write nothing",
        commands=("genconf",),
    ),
    Setting(
        key="stdout",
        kind=Kind.SWITCH,
        default="0",
        help="print the config; write nothing",
        commands=("genconf",),
    ),
    Setting(
        key="timeout",
        variable="TARS_CALL_TIMEOUT",
        kind=Kind.TIME,
        default="5s",
        help="how long an answer may take",
        commands=(
            "notify",
            "call",
            "ls",
            "resolve",
            "drain",
            "undrain",
            "registry",
            "doctor",
        ),
        low=0.001,
    ),
    Setting(
        key="object",
        help="the object that has the methods of Registry, with endpoints or without; "
        "tars.tarsregistry.Registry when empty",
        commands=("registry",),
    ),
    Setting(
        key="json",
        default="{}",
        help="the arguments, a JSON object by parameter name; - reads standard input",
        commands=("call",),
    ),
    Setting(
        key="sync_directory",
        variable="TARS_SYNC_DIRECTORY",
        help="the directory to copy from; nothing is done when empty",
        commands=("syncdir",),
    ),
    Setting(
        key="sync_target_directory",
        variable="TARS_SYNC_TARGET_DIRECTORY",
        help="the directory to copy to; TARS_PATH/bin when empty",
        commands=("syncdir",),
        empty_is_unset=True,
    ),
    Setting(
        key="recursive",
        kind=Kind.SWITCH,
        default="0",
        help="copy directories, too",
        commands=("syncdir",),
    ),
    Setting(
        key="delete",
        kind=Kind.SWITCH,
        default="0",
        help="remove files from the target that the source no longer has",
        commands=("syncdir",),
    ),
    Setting(
        key="checksum",
        kind=Kind.SWITCH,
        default="0",
        help="compare contents, not size and time",
        commands=("syncdir",),
    ),
    Setting(
        key="list",
        kind=Kind.SWITCH,
        default="0",
        help="list the files",
        commands=("logs",),
    ),
    Setting(
        key="follow",
        kind=Kind.SWITCH,
        default="0",
        help="go on with what is written later (-f)",
        commands=("logs",),
    ),
    Setting(
        key="tail",
        kind=Kind.NUMBER,
        default="100",
        help="how many lines from the end",
        commands=("logs",),
        low=0,
    ),
    Setting(
        key="output",
        kind=Kind.CHOICE,
        default="text",
        choices=("text", "json"),
        help="how to print (-o)",
        commands=("*",),
    ),
)
