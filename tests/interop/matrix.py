"""What is tried between live peers, and what cannot hold: the one table.

The tests take their cells from here, what they found is printed by it, docs/interop.md shows it.
A cell that is listed in `LIMITS` must not pass: one that begins to fails its test.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

__all__ = [
    "CALLS",
    "CHECKS",
    "COLUMNS",
    "LIMITS",
    "PAGE_BEGINS",
    "PAGE_ENDS",
    "REASONS",
    "SCENARIOS",
    "Cell",
    "Column",
    "Row",
    "cells",
    "clients",
    "page",
    "table",
]


@dataclass(frozen=True, slots=True)
class Row:
    """A capability: what must hold, and for which role of a peer it is a question."""

    name: str
    says: str
    roles: tuple[str, ...] = ("client", "server")


@dataclass(frozen=True, slots=True)
class Column:
    """A peer in a role; at the other end is this runtime."""

    language: str
    role: str
    title: str


COLUMNS: Final = (
    Column("go", "client", "TarsGo client"),
    Column("go", "server", "TarsGo server"),
    Column("node", "client", "@tars/rpc client"),
    Column("node", "server", "@tars/rpc server"),
    Column("java", "client", "TarsJava client"),
    Column("java", "server", "TarsJava server"),
    Column("python", "client", "ours"),
)

CALLS: Final = (
    Row("ping", "`tars_ping` is answered"),
    Row("void", "a method without result"),
    Row("extremes", "a struct with every type at its limits"),
    Row(
        "plenty", "the same with lists, maps, nested structs, texts in several scripts"
    ),
    Row("defaults", "the same, everything at its default"),
    Row("outs", "a result and four `out` parameters, between the `in` ones"),
    Row("error", "a servant's error arrives with its code and text"),
    Row("unknown-function", "is refused, and the next call works"),
    Row("one-way", "five one-way calls arrive"),
    Row("context", "the request's context arrives"),
    Row("unicode-context", "also when it is not ASCII"),
    Row("reply-context", "the reply's context arrives"),
    Row("status", "the request's status arrives"),
    Row("reply-status", "the reply's status arrives"),
    Row("dyeing", "a dyed call arrives with the flag and its key"),
    Row("passed-on", "a server that is called dyed dyes the calls it makes"),
    Row("trace", "a trace key arrives with the flag"),
    Row("deadline", "the call's time-out arrives as `iTimeout`"),
    Row("time-out", "a call ends at its time-out, the connection goes on"),
    Row("megabyte", "1 MiB there and back"),
    Row("thousand", "1,000 calls at once, each with its own answer"),
    Row("tup-2", "`outs`, and a struct with every type, in TUP 2"),
    Row("tup-3", "the same in TUP 3"),
    Row("tup-error", "a servant's error arrives with its code and text in TUP, too"),
    Row("json", "the same in JSON (version 5)"),
    Row("push", "what a server pushes reaches the client"),
    Row("stray-push", "a push that a client did not ask for does no harm"),
)
"""Checks that a client makes by calling, whatever server it is given."""

SCENARIOS: Final = (
    Row("by-name", "all of the above again, found through `tarsregistry`"),
    Row("udp", "calls over UDP"),
    Row("ssl", "calls over TLS; a stranger's certificate is refused"),
    Row("mutual-ssl", "the same, the client's certificate is verified, too"),
    Row("set", "calls to a set reach the servers of that set", ("client",)),
    Row(
        "weights", "endpoints with static weights are called in proportion", ("client",)
    ),
    Row("modulo-hash", "picks the endpoint that our client picks", ("client",)),
    Row("consistent-hash", "picks the endpoint that our client picks", ("client",)),
    Row(
        "drained",
        "a registered server that leaves gets no calls, and none fails, also when it stops",
        ("client",),
    ),
    Row("in-flight", "a call that is in flight when a server stops is answered"),
    Row("reconnect", "a server that stops sends its clients away, and no call fails"),
)
"""What needs more than one server, another transport, or a registry."""

CHECKS: Final = tuple(row.name for row in CALLS)

REASONS: Final[Mapping[str, str]] = {
    "java-defaults": (
        "TarsJava reads an optional member that the sender left out as zero or null, whatever its "
        "default. C++, Go and this runtime leave out what equals its default, Node writes all. If "
        "a Java program must see the defaults, compile the interface with `--check-default=false`, "
        "which writes every member."
    ),
    "java-error": "TarsJava answers -10 without a text, whatever a servant throws.",
    "java-unicode": (
        "TarsJava's server reads context as something else than UTF-8: keep its keys and values "
        "ASCII."
    ),
    "java-reply-context": (
        "TarsJava's server sends no context back, and its client cannot read one."
    ),
    "java-reply-status": "TarsJava's client keeps the reply's status to itself.",
    "own-status": (
        "The client has no parameter for status entries; it sends those of dyeing."
    ),
    "node-reply-status": "@tars/rpc's server sends no status back.",
    "java-deadline": "TarsJava's client sends an `iTimeout` of 0.",
    "go-tup-2": "TarsGo knows TUP in version 3 alone.",
    "java-tup": "TarsJava's client writes version 1 alone.",
    "tup-error": "TarsGo's and TarsJava's servers answer a failed TUP call without code and text.",
    "no-trace": "The library has no trace keys; its server passes them to the servant as status.",
    "node-json": "@tars/rpc's client writes versions 1 to 3; JSON is for its servers.",
    "no-push": "The library has no pushes: its client drops them, its server sends none.",
    "no-tls": (
        "The library has no TLS: @tars/rpc does not know `ssl` endpoints, TarsJava's client speaks "
        "to them in clear text, and its server does not know them."
    ),
    "no-weights": "@tars/rpc ignores weights.",
    "own-order": (
        "A modulo counts endpoints in some order. TarsGo's is the CRC-32 of their texts, that of "
        "@tars/rpc the list it was given; TarsJava and we go by address. Where clients in several "
        "languages must agree, use the consistent hash."
    ),
    "own-ring": (
        "TarsGo, C++ and this runtime build the same ring, TarsJava and @tars/rpc rings of their "
        "own."
    ),
    "no-drain": "The library's server ends at once, whatever it is serving.",
    "no-reconnect": (
        "The library does not know `_reconnect_`: its client waits for the connection's end, its "
        "server just closes. Take a server out of the registry before it stops."
    ),
}

LIMITS: Final[Mapping[tuple[str, str, str], str]] = {
    ("defaults", "java", "client"): "java-defaults",
    ("defaults", "java", "server"): "java-defaults",
    ("error", "java", "server"): "java-error",
    ("unicode-context", "java", "server"): "java-unicode",
    ("reply-context", "java", "client"): "java-reply-context",
    ("reply-context", "java", "server"): "java-reply-context",
    ("status", "node", "client"): "own-status",
    ("status", "java", "client"): "own-status",
    ("reply-status", "node", "server"): "node-reply-status",
    ("reply-status", "java", "client"): "java-reply-status",
    ("deadline", "java", "client"): "java-deadline",
    ("tup-2", "go", "client"): "go-tup-2",
    ("tup-2", "go", "server"): "go-tup-2",
    ("tup-2", "java", "client"): "java-tup",
    ("tup-3", "java", "client"): "java-tup",
    ("tup-error", "go", "server"): "tup-error",
    ("tup-error", "java", "client"): "java-tup",
    ("tup-error", "java", "server"): "tup-error",
    ("trace", "node", "client"): "no-trace",
    ("trace", "java", "client"): "no-trace",
    ("json", "node", "client"): "node-json",
    ("json", "java", "client"): "java-tup",
    ("push", "node", "client"): "no-push",
    ("push", "node", "server"): "no-push",
    ("push", "java", "client"): "no-push",
    ("push", "java", "server"): "no-push",
    ("stray-push", "node", "server"): "no-push",
    ("stray-push", "java", "server"): "no-push",
    ("in-flight", "node", "server"): "no-drain",
    ("in-flight", "java", "server"): "no-drain",
    **{
        (row, language, role): "no-tls"
        for row in ("ssl", "mutual-ssl")
        for language in ("node", "java")
        for role in ("client", "server")
    },
    ("weights", "node", "client"): "no-weights",
    ("modulo-hash", "go", "client"): "own-order",
    ("modulo-hash", "node", "client"): "own-order",
    ("consistent-hash", "node", "client"): "own-ring",
    ("consistent-hash", "java", "client"): "own-ring",
    **{
        ("reconnect", language, role): "no-reconnect"
        for language in ("node", "java")
        for role in ("client", "server")
    },
}

Cell = tuple[str, str]
"""A peer's language and its role."""

PAGE_BEGINS: Final = "<!-- written by tests/interop/matrix.py -->"
PAGE_ENDS: Final = "<!-- end of what is written -->"


def cells(name: str, *, limited: bool = False) -> list[Cell]:
    """Where a capability is expected to hold; those where it is known not to when ``limited``."""
    row = next(each for each in (*CALLS, *SCENARIOS) if each.name == name)
    return [
        (column.language, column.role)
        for column in COLUMNS
        if column.role in row.roles
        and ((name, column.language, column.role) in LIMITS) == limited
    ]


def clients(name: str, *, limited: bool = False) -> list[str]:
    """The languages whose clients these are."""
    return [each for each, role in cells(name, limited=limited) if role == "client"]


def _notes() -> dict[str, str]:
    """Reason to its letter, in the order in which the table comes to them."""
    used = dict.fromkeys(
        LIMITS[key]
        for row in (*CALLS, *SCENARIOS)
        for column in COLUMNS
        if (key := (row.name, column.language, column.role)) in LIMITS
    )
    return {key: chr(ord("a") + at) for at, key in enumerate(used)}


def _marks(row: Row) -> Iterator[str]:
    notes = _notes()
    for column in COLUMNS:
        why = LIMITS.get((row.name, column.language, column.role))
        if why is not None:
            yield f"no ({notes[why]})"
        else:
            yield "yes" if column.role in row.roles else ""


def page() -> str:
    """The table and its notes, as docs/interop.md shows them."""
    titles = " | ".join(column.title for column in COLUMNS)
    lines = [f"| | | {titles} |", "|---" * (len(COLUMNS) + 2) + "|"]
    for row in (*CALLS, *SCENARIOS):
        lines.append(f"| `{row.name}` | {row.says} | {' | '.join(_marks(row))} |")
    lines.append("")
    lines += [f"- ({letter}) {REASONS[key]}" for key, letter in _notes().items()]
    return "\n".join(lines)


def table(found: Mapping[tuple[str, str, str], str]) -> list[str]:
    """What the tests found, one line a capability; ``skip`` where nothing was tried."""
    notes = _notes()
    width = max(len(column.title) for column in COLUMNS)
    titles = "".join(f" {column.title:<{width}}" for column in COLUMNS)
    lines = [f"{'':<17}{titles}"]
    for row in (*CALLS, *SCENARIOS):
        marks = []
        for column in COLUMNS:
            key = (row.name, column.language, column.role)
            if column.role not in row.roles:
                mark = ""
            elif key in LIMITS:
                mark = f"no ({notes[LIMITS[key]]})"
            else:
                mark = found.get(key, "skip")
            marks.append(f" {mark:<{width}}")
        lines.append(f"{row.name:<17}{''.join(marks)}".rstrip())
    lines += [f"({letter}) {REASONS[key]}" for key, letter in notes.items()]
    return lines


def _write(path: Path) -> None:
    """Put the table into the page, between its marks."""
    before, _, rest = path.read_text().partition(PAGE_BEGINS)
    _, _, after = rest.partition(PAGE_ENDS)
    path.write_text(f"{before}{PAGE_BEGINS}\n\n{page()}\n\n{PAGE_ENDS}{after}")


if __name__ == "__main__":
    _write(Path(__file__).parents[2] / "docs" / "interop.md")
