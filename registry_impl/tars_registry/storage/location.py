"""Which database: from a URL, a Go DSN, or the ``DB_*`` variables; never shows the password.

Nothing given means SQLite in a file. MySQL is used only when a variable or an option says so,
and there is no built-in password.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError
from tars_runtime.errors import ConfigError

__all__ = ["DATABASE", "locate", "shown"]

DATABASE: Final = "db_tars"
"""The schema's name wherever none is given."""

_GO_DSN: Final = re.compile(
    r"(?:(?P<user>[^:@/]*)(?::(?P<password>.*))?@)?"
    r"(?:(?P<net>tcp|unix)\((?P<address>[^)]*)\))?"
    r"/(?P<database>[^?]*)(?:\?.*)?\Z",
    re.DOTALL,
)
"""``user:password@tcp(host:port)/database?options``, the form of Go's MySQL driver."""

_FORMS: Final = (
    "sqlite:///PATH, mysql://USER:PASSWORD@HOST:PORT/DATABASE, "
    "or USER:PASSWORD@tcp(HOST:PORT)/DATABASE"
)


def locate(given: str, path: str, environment: Mapping[str, str]) -> URL:
    """The database's address: ``given`` (an option), else ``DB_DSN``, else ``DB_HOST`` and friends,
    else SQLite at ``path``.

    Raises `ConfigError` naming the option or variable, without its value, for it holds a password.
    """
    if given:
        return _parse(given, "--db")
    if dsn := environment.get("DB_DSN", ""):
        return _parse(dsn, "DB_DSN")
    if any(environment.get(name) for name in ("DB_HOST", "DB_USER", "DB_PASS")):
        return _from_parts(environment)
    return URL.create("sqlite", database=path)


def shown(url: URL) -> str:
    """The address for people and logs, the password replaced."""
    if url.get_backend_name() == "sqlite":
        return f"SQLite {url.database}"
    return f"MySQL {url.host}:{url.port or 3306}/{url.database}"


def _parse(text: str, where: str) -> URL:
    if "://" in text:
        return _from_url(text, where)
    found = _GO_DSN.match(text)
    if found and found["net"]:
        return _from_go(found, where)
    if "@" in text or "(" in text:
        raise ConfigError(f"{where}: expected {_FORMS}; got none of these forms")
    return URL.create("sqlite", database=text)


def _from_url(text: str, where: str) -> URL:
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise ConfigError(f"{where}: expected {_FORMS}; the URL is malformed") from None
    backend = url.get_backend_name()
    if backend == "sqlite":
        if not url.database or url.database == ":memory:":
            raise ConfigError(f"{where}: expected sqlite:///PATH with a file's path")
        return URL.create("sqlite", database=url.database)
    if backend in ("mysql", "mariadb"):
        return _mysql(url.username, url.password, url.host, url.port, url.database)
    raise ConfigError(f"{where}: expected {_FORMS}; got {backend}://")


def _from_go(found: re.Match[str], where: str) -> URL:
    if found["net"] == "unix":
        url = _mysql(found["user"], found["password"], None, None, found["database"])
        return url.update_query_dict({"unix_socket": found["address"]})
    host, _, port = found["address"].rpartition(":")
    if not host:
        host, port = found["address"], ""
    if port and not port.isdigit():
        raise ConfigError(
            f"{where}: expected a port number after the host, got {port!r}"
        )
    number = int(port) if port else None
    host = host.strip("[]")
    return _mysql(found["user"], found["password"], host, number, found["database"])


def _from_parts(environment: Mapping[str, str]) -> URL:
    port = environment.get("DB_PORT", "") or "3306"
    if not port.isdigit():
        raise ConfigError(f"DB_PORT: expected a port number, got {port!r}")
    return _mysql(
        environment.get("DB_USER") or "root",
        environment.get("DB_PASS") or None,
        environment.get("DB_HOST") or "127.0.0.1",
        int(port),
        environment.get("DB_NAME") or DATABASE,
    )


def _mysql(
    user: str | None,
    password: str | None,
    host: str | None,
    port: int | None,
    database: str | None,
) -> URL:
    return URL.create(
        "mysql+pymysql",
        username=user,
        password=password,
        host=host or "127.0.0.1",
        port=port or 3306,
        database=database or DATABASE,
    )
