"""``tarscli genconf``: from the meta file to the server's config.

Everything is checked before anything is written; both files are replaced whole.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, fields, replace
from pathlib import Path

from tars_runtime.errors import ConfigError, UsageError
from tars_runtime.net.endpoint import Endpoint, ObjectRef

from tarscli.confdoc import Section, parse_document
from tarscli.console import complain
from tarscli.files import writing
from tarscli.identity import local_address
from tarscli.info import ServerInfo, dump_info
from tarscli.layout import Layout
from tarscli.mergeconf import load_overlay, merge
from tarscli.meta import Adapter, ServerMeta, load_meta, servant_name
from tarscli.options import Options
from tarscli.placeholders import RANDOM_PORT, Placeholders, has_secret
from tarscli.ports import Ports
from tarscli.serverconf import read_back, render

__all__ = ["Generated", "generate", "new_ports", "run", "write"]

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]*")
_SET_PART = re.compile(r"[A-Za-z0-9_-]+|\*")
_SET_WIDTHS = (16, 16, 64)
_SERVANT_WIDTH, _ADDRESS_WIDTH = 93, 50
"""The registry's columns of what is no key of the meta file, in characters."""


@dataclass(frozen=True, slots=True)
class Generated:
    """What genconf would write."""

    info: ServerInfo
    text: str
    path: Path
    secret: bool
    """The config holds a value from a variable or a file: it is written with mode 0640."""

    warnings: tuple[str, ...]


def run(options: Options) -> int:
    """The command."""
    layout = Layout(Path(options.text("tars_path")))
    ports = new_ports(options)
    try:
        made = generate(options, ports)
        for warning in made.warnings:
            complain(f"warning: {warning}")
        if options.on("stdout"):
            sys.stdout.write(made.text)
        elif options.on("diff"):
            sys.stdout.writelines(_diff(made))
        elif not options.on("check"):
            write(made, layout)
    finally:
        ports.release()
    return 0


def new_ports(options: Options) -> Ports:
    """The ports that the options allow; raises `ConfigError`."""
    return Ports(
        options.number("rand_port_min"),
        options.number("rand_port_max"),
        options.text("port_seed"),
    )


def generate(options: Options, ports: Ports) -> Generated:
    """Resolve everything; raises `ConfigError` that names file, line and key."""
    layout = Layout(Path(options.text("tars_path")))
    meta, given = load_meta(layout.meta)
    options.meta(given)
    server = _overridden(meta, options)
    _check_names(server, layout)
    address = local_address(options.text("pod_ip"), options.environment)
    fill = Placeholders(
        local_ip=address,
        namespace=options.text("namespace"),
        environment=options.environment,
    )
    secret = any(has_secret(each) for each in _texts(server))
    server = _resolved(server, fill, ports)
    _check_widths(server, address)
    name = options.text("build_server") or server.server
    if not _NAME.fullmatch(name):
        raise ConfigError(
            f"TARS_BUILD_SERVER={name}: expected letters, digits, _ and -"
        )
    text = render(server, address, layout)
    info = ServerInfo(server, address, options.text("tars_path"))
    made = Generated(info, text, layout.config(name), secret, ())
    if options.text("merge_conf"):
        made = _merged(made, options, fill)
    return made


def write(made: Generated, layout: Layout) -> None:
    """Write config and info file; raises `ConfigError` when a directory is not writable."""
    writing(made.path, made.text, mode=0o640 if made.secret else 0o644)
    writing(layout.info, dump_info(made.info))


def _overridden(meta: ServerMeta, options: Options) -> ServerMeta:
    """The meta file's server with what flags and variables say over it."""
    keys = ("application", "server", "set_id", "locator")
    texts = {key: options.text(key) for key in keys if options.given(key)}
    server = replace(meta, **texts)  # type: ignore[arg-type]  # all four are texts
    if options.given("ep_uptime"):
        server = replace(server, refresh_endpoint_interval=options.number("ep_uptime"))
    return server


def _check_names(server: ServerMeta, layout: Layout) -> None:
    for key in ("application", "server"):
        name = getattr(server, key)
        if not name:
            raise ConfigError(
                f"application or server name can not be empty: set '{key}' in {layout.meta}"
                f"{'' if layout.meta.exists() else ' (no such file)'} or TARS_{key.upper()}"
            )
        if not _NAME.fullmatch(name):
            raise ConfigError(
                f"{layout.meta}: {key}: expected letters, digits, _ and -, got {name!r}"
            )
    if server.set_id:
        _check_set(server.set_id, layout)
    seen: set[str] = set()
    for position, adapter in enumerate(server.adapters):
        where = f"{layout.meta}: adapters[{position}].object"
        if not _NAME.fullmatch(adapter.object):
            raise ConfigError(
                f"{where}: expected a name such as HelloObj, got {adapter.object!r}"
            )
        if adapter.object in seen:
            raise ConfigError(f"{where}: {adapter.object} stands there twice; keep one")
        seen.add(adapter.object)


def _check_set(text: str, layout: Layout) -> None:
    parts = text.split(".")
    fits = len(parts) == 3 and all(
        _SET_PART.fullmatch(part) and len(part) <= width
        for part, width in zip(parts, _SET_WIDTHS, strict=False)
    )
    if not fits or "*" in parts[:2]:
        raise ConfigError(
            f"{layout.meta}: set_id (or TARS_SET_ID): expected name.area.group of at most "
            f"16, 16 and 64 characters, got {text!r}"
        )


def _check_widths(server: ServerMeta, address: str) -> None:
    """No value is longer than its column: the registry would refuse the whole pod."""
    values = [("POD_IP", address, _ADDRESS_WIDTH), *_columns(server)]
    for adapter in server.adapters:
        name = f"adapter {adapter.object}"
        servant = servant_name(server, adapter)
        values.append((f"{name}: servant", servant, _SERVANT_WIDTH))
        values += [
            (f"{name}: {key}", value, widest)
            for key, value, widest in _columns(adapter)
        ]
    for where, value, widest in values:
        if len(value) > widest:
            raise ConfigError(
                f"{where}: expected at most {widest} characters, which is what the "
                f"registry stores, got {len(value)}: {value}"
            )


def _columns(of: ServerMeta | Adapter) -> list[tuple[str, str, int]]:
    """The keys that become columns of the registry: name, value, width."""
    return [
        (each.metadata["key"], getattr(of, each.name), each.metadata["widest"])
        for each in fields(of)
        if each.metadata["widest"]
    ]


def _texts(server: ServerMeta) -> list[str]:
    plain = [getattr(server, each.name) for each in fields(server)]
    ends = [adapter.endpoint for adapter in server.adapters]
    return [each for each in (*plain, *ends) if isinstance(each, str)]


def _resolved(server: ServerMeta, fill: Placeholders, ports: Ports) -> ServerMeta:
    """``server`` without placeholders; adapters get their ports in file order, then `local`."""
    texts = {
        each.name: fill.fill(getattr(server, each.name), each.metadata["key"])
        for each in fields(server)
        if isinstance(getattr(server, each.name), str) and each.name != "local"
    }
    adapters = tuple(
        replace(
            each,
            endpoint=_endpoint(each.endpoint, f"adapter {each.object}", fill, ports),
            protocol=fill.fill(each.protocol, f"adapter {each.object}: protocol"),
        )
        for each in server.adapters
    )
    local = _endpoint(server.local, "local", fill, ports) if server.local else ""
    fresh = replace(server, **texts, local=local)  # type: ignore[arg-type]  # all texts
    _check_locator(fresh.locator)
    return fresh.with_adapters(adapters)


def _endpoint(text: str, where: str, fill: Placeholders, ports: Ports) -> str:
    text = fill.fill(text, where, port=True)
    try:
        endpoint = Endpoint.parse(text.replace(RANDOM_PORT, "0"))
        if not endpoint.host:
            raise UsageError(f"expected a host (-h) - in the endpoint {text!r}")
    except UsageError as error:
        raise ConfigError(f"{where}: {error}") from error
    if RANDOM_PORT in text:
        return text.replace(RANDOM_PORT, str(ports.take(endpoint)))
    if endpoint.port == 0:
        raise ConfigError(
            f"{where}: expected -p with a port or {RANDOM_PORT}, got {text!r}"
        )
    return text


def _check_locator(text: str) -> None:
    if not text:
        return
    try:
        reference = ObjectRef.parse(text)
    except UsageError as error:
        raise ConfigError(f"locator (or TARS_LOCATOR): {error}") from error
    if not reference.endpoints:
        raise ConfigError(
            f"locator (or TARS_LOCATOR): expected "
            f"tars.tarsregistry.QueryObj@tcp -h HOST -p PORT, got {text!r}"
        )


def _merged(made: Generated, options: Options, fill: Placeholders) -> Generated:
    source = options.text("merge_conf")
    overlay = load_overlay(Path(source), options.text("merge_encoding"))
    document = parse_document(made.text, str(made.path))
    secrets = frozenset(_secret_keys(overlay))
    warnings = merge(document, overlay, source, fill.fill_secrets)
    server, address = read_back(made.info.server, made.info.local_ip, document, secrets)
    _check_merged(server, source)
    return replace(
        made,
        info=ServerInfo(server, address, made.info.tars_path),
        text=str(document),
        secret=made.secret or bool(secrets),
        warnings=tuple(warnings),
    )


def _check_merged(server: ServerMeta, source: str) -> None:
    ends = [("local", server.local)] if server.local else []
    ends += [(each.object, each.endpoint) for each in server.adapters]
    for where, text in ends:
        try:
            Endpoint.parse(text)
        except UsageError as error:
            raise ConfigError(f"{source}: {where}: {error}") from error


def _secret_keys(section: Section) -> list[str]:
    found = []
    for each in section.items:
        if isinstance(each, Section):
            found += _secret_keys(each)
        elif has_secret(getattr(each, "value", "")):
            found.append(getattr(each, "name", ""))
    return found


def _diff(made: Generated) -> list[str]:
    from difflib import unified_diff

    try:
        old = made.path.read_text(encoding="utf-8")
    except OSError:
        old = ""
    name = str(made.path)
    return list(
        unified_diff(old.splitlines(True), made.text.splitlines(True), name, name)
    )
