"""Every command of tarscli, in the order in which help lists them."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["COMMANDS", "Command", "named"]


class Command(NamedTuple):
    """One subcommand: its name, one sentence, what may follow it, and examples."""

    name: str
    help: str
    words: str = ""
    examples: tuple[str, ...] = ()
    fields: bool = False
    """Flags that are no options are for the command itself: the fields of a request."""

    forgiving: bool = False
    """Words behind it do no harm: K8STARS ignores them, and manifests may have some."""


COMMANDS = (
    Command(
        "genconf",
        "write the server's config from its meta file",
        examples=(
            "tarscli genconf",
            "tarscli genconf --diff",
            "tarscli genconf --stdout",
        ),
        forgiving=True,
    ),
    Command(
        "supervisor",
        "run the server, watch it and keep it registered",
        examples=("tarscli supervisor", "TARS_REPORT_INTERVAL=10s tarscli supervisor"),
        forgiving=True,
    ),
    Command(
        "hzcheck",
        "probe: 0 when the server is active, else 1 and the reason",
        examples=("tarscli hzcheck", "tarscli hzcheck --live"),
    ),
    Command(
        "prestop",
        "leave the registry and wait until no client calls any more",
        examples=("tarscli prestop", "tarscli prestop --prestop-waittime 20s --strict"),
        forgiving=True,
    ),
    Command(
        "notify",
        "send an admin command to the running server",
        "WORD...",
        ("tarscli notify tars.setloglevel DEBUG", "tarscli notify -- help"),
    ),
    Command(
        "syncdir",
        "copy changed files from a mounted volume",
        examples=("tarscli syncdir --sync-directory /tars/vol-conf",),
        forgiving=True,
    ),
    Command(
        "start",
        "let the supervisor start the server again",
        examples=("tarscli start",),
    ),
    Command(
        "stop",
        "stop the server and keep it stopped; the supervisor stays",
        examples=("tarscli stop",),
    ),
    Command("restart", "restart the server", examples=("tarscli restart",)),
    Command(
        "status",
        "what the supervisor knows of the server",
        examples=("tarscli status", "tarscli status -o json"),
    ),
    Command(
        "call",
        "call an object with JSON (TARS JSON mode)",
        "OBJECT.METHOD",
        (
            """tarscli call Demo.HelloServer.HelloObj.greet --json '{"name": "Ann"}'""",
            """tarscli call "Demo.HelloServer.HelloObj@tcp -h 127.0.0.1 -p 13000" greet""",
        ),
    ),
    Command(
        "ls",
        "list the endpoints of objects in the registry",
        "OBJECT...",
        (
            "tarscli ls tars.tarsregistry.Registry",
            "tarscli ls Demo.HelloServer.HelloObj -o json",
        ),
    ),
    Command(
        "resolve",
        "print an object with the endpoints that a client would use",
        "OBJECT",
        ("tarscli resolve Demo.HelloServer.HelloObj",),
    ),
    Command(
        "drain",
        "take this server, or another one, out of the registry's answers",
        "[APP.SERVER [NODE]]",
        ("tarscli drain", "tarscli drain Demo.HelloServer 10.1.2.3"),
    ),
    Command(
        "undrain",
        "undo a drain",
        "[APP.SERVER [NODE]]",
        ("tarscli undrain", "tarscli undrain Demo.HelloServer 10.1.2.3"),
    ),
    Command(
        "registry",
        "call a method of the registry; without one, list them",
        "[METHOD --FIELD VALUE...]",
        (
            "tarscli registry",
            "tarscli registry findObjectById4Any --id Demo.HelloServer.HelloObj",
            "tarscli registry keepAlive --req.state inactive",
            "tarscli registry getMetricsAdapters -o json",
        ),
        fields=True,
    ),
    Command(
        "logs",
        "show or follow a log below TARS_PATH/log",
        "[NAME]",
        ("tarscli logs", "tarscli logs --list", "tarscli logs -f supervisor.log"),
    ),
    Command(
        "doctor",
        "check the surroundings and say how to fix what is wrong",
        examples=("tarscli doctor", "tarscli doctor -o json"),
    ),
    Command(
        "config",
        "show every option with its value and where that comes from",
        "show",
        ("tarscli config show", "tarscli config show -o json"),
    ),
    Command(
        "completion",
        "print the completion script of a shell",
        "bash|zsh|fish",
        ("source <(tarscli completion bash)",),
    ),
    Command("version", "print the version", examples=("tarscli version",)),
    Command(
        "help",
        "print the help of all commands, or of one",
        "[COMMAND]",
        ("tarscli help", "tarscli help supervisor"),
    ),
)


def named(name: str) -> Command | None:
    """The command ``name``, or `None`."""
    return next((each for each in COMMANDS if each.name == name), None)
