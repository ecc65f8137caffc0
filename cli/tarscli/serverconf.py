"""What the generated config looks like: its keys, their order, and where each value is from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from tarscli.confdoc import Section, written
from tarscli.layout import Layout
from tarscli.meta import Adapter, ServerMeta, servant_name

__all__ = ["read_back", "render"]

_CLIENT = (
    ("locator", "locator", "where the registry answers"),
    ("sync-invoke-timeout", "sync_invoke_timeout", "ms, of blocking calls"),
    ("async-invoke-timeout", "async_invoke_timeout", "ms, of awaited calls"),
    (
        "refresh-endpoint-interval",
        "refresh_endpoint_interval",
        "ms, between endpoint look-ups",
    ),
    ("stat", "stat_object", "collects call statistics"),
    ("property", "property_object", "collects figures of the server"),
    (
        "report-interval",
        "report_interval",
        "ms, between reports; runtimes take at least 10 s",
    ),
    ("sample-rate", "sample_rate", "one of so many calls is sampled"),
    ("max-sample-count", "max_sample_count", "samples in one report"),
    ("asyncthread", "async_threads", "callback threads"),
)
"""Keys of ``/tars/application/client``: name, member of `ServerMeta`, comment."""

_LATE = (
    ("logLevel", "log_level", ""),
    ("logsize", "log_size", "size at which a log is rolled"),
    ("lognum", "log_count", "rolled files kept"),
    ("config", "config_object", "serves config files"),
    ("notify", "notify_object", "takes messages and alarms"),
    ("log", "log_object", "takes remote logs"),
    (
        "deactivating-timeout",
        "deactivating_timeout",
        "ms, to finish requests at the end",
    ),
)
"""The last keys of ``/tars/application/server``."""

_METRICS = (
    ("metrics_port", "metrics_port", "where Prometheus reads /metrics; registered"),
)
"""Behind them, where the port is not 0: a key of this project's runtime."""

_ADAPTER = (
    ("servant", ""),
    ("endpoint", "endpoint"),
    ("maxconns", "maxconns"),
    ("protocol", "protocol"),
    ("queuecap", "queuecap"),
    ("queuetimeout", "queuetimeout"),
    ("threads", "threads"),
)


def render(server: ServerMeta, local_ip: str, layout: Layout) -> str:
    """The config of ``server``, whose placeholders are resolved."""
    lines = [
        "<tars>",
        "    <application>",
        "        # y: the server belongs to the set of setdivision",
        f"        enableset={'y' if server.set_id else 'n'}",
        f"        setdivision={written(server.set_id)}",
        "        <client>",
        *_keys(_CLIENT, server),
        f"            modulename={server.application}.{server.server}",
        "        </client>",
        "        <server>",
        *_server(server, local_ip, layout),
        "        </server>",
        "    </application>",
        "</tars>",
    ]
    return "\n".join(lines) + "\n"


def _server(server: ServerMeta, local_ip: str, layout: Layout) -> Iterator[str]:
    pad = " " * 12
    yield f"{pad}app={server.application}"
    yield f"{pad}server={server.server}"
    yield f"{pad}localip={local_ip}"
    yield f"{pad}# the admin object: tarscli notify, prestop and shutdown ask here"
    yield f"{pad}local={written(server.local)}"
    for adapter in server.adapters:
        name = servant_name(server, adapter) + "Adapter"
        yield f"{pad}<{name}>"
        yield f"{pad}    allow"
        yield f"{pad}    handlegroup={name}"
        for key, attr in _ADAPTER:
            value = getattr(adapter, attr) if attr else servant_name(server, adapter)
            yield f"{pad}    {key}={written(str(value))}"
        yield f"{pad}</{name}>"
    for key, folder in (("basepath", "bin"), ("datapath", "data"), ("logpath", "log")):
        yield f"{pad}{key}={layout.root}/{folder}/"
    yield from _keys(_LATE, server)
    if server.metrics_port:
        yield from _keys(_METRICS, server)


def _keys(table: tuple[tuple[str, str, str], ...], server: ServerMeta) -> Iterator[str]:
    for key, attr, comment in table:
        if comment:
            yield f"            # {comment}"
        yield f"            {key}={written(str(getattr(server, attr)))}"


def read_back(
    server: ServerMeta, local_ip: str, merged: Section, secret: frozenset[str]
) -> tuple[ServerMeta, str]:
    """What ``server`` and the address are after the merge.

    Keys whose overlay value came from a variable or file (``secret``, by path) are not read,
    because ``server_info.yaml`` is readable by everybody.
    """
    application = _at(merged, "tars", "application")
    client, inner = _at(application, "client"), _at(application, "server")
    changed: dict[str, str | int] = {}
    late = (("local", "local", ""), *_LATE, *_METRICS)
    for section, table in ((client, _CLIENT), (inner, late)):
        for key, attr, _ in table:
            found = section.key(key)
            if found is not None and key not in secret:
                changed[attr] = _like(getattr(server, attr), found.value)
    division = application.key("setdivision")
    enabled = application.key("enableset")
    if division and enabled:
        changed["set_id"] = division.value if enabled.value.lower() == "y" else ""
    address = inner.key("localip")
    fresh = replace(server, **changed)  # type: ignore[arg-type]  # attributes of the tables
    fresh = fresh.with_adapters(tuple(_adapters(server, inner)))
    return fresh, address.value if address else local_ip


def _adapters(server: ServerMeta, section: Section) -> Iterator[Adapter]:
    """The sections with an endpoint, in order, the generated ones and the overlay's."""
    known = {servant_name(server, each): each for each in server.adapters}
    for each in section.sections():
        endpoint, servant = each.key("endpoint"), each.key("servant")
        if endpoint is None or servant is None:
            continue
        prefix = f"{server.application}.{server.server}."
        name = servant.value.removeprefix(prefix)
        base = known.get(servant.value) or Adapter(object=name)
        values: dict[str, str | int] = {}
        for key, attr in _ADAPTER:
            found = each.key(key)
            if attr and found is not None:
                values[attr] = _like(getattr(base, attr), found.value)
        yield replace(base, object=name, **values)  # type: ignore[arg-type]  # as above


def _at(section: Section, *names: str) -> Section:
    for name in names:
        section = section.section(name) or Section(name)
    return section


def _like(old: str | int, text: str) -> str | int:
    """``text`` as the type of ``old``; an unreadable number leaves the old one."""
    if isinstance(old, str):
        return text
    return int(text) if text.isascii() and text.isdigit() else old
