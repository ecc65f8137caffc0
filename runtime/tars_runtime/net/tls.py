"""TLS contexts: what both ends verify, made from the settings ``ca``, ``cert``, ``key``.

A client always verifies the server's chain; against ``ca`` when it is given, else against the
system's authorities. It checks the name when one is known: registry endpoints are addresses, so
that the name is then the ``tls-server-name`` setting.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass

from tars_runtime.errors import ConfigError

__all__ = ["TlsFiles", "client_context", "server_context"]


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """The settings of one end."""

    ca: str = ""
    cert: str = ""
    key: str = ""
    ciphers: str = ""
    verify_client: bool = False
    server_name: str = ""


def client_context(files: TlsFiles) -> ssl.SSLContext:
    """How a client connects to ``ssl`` endpoints; raises `ConfigError`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = bool(files.server_name) or not files.ca
    if files.ca:
        _load(lambda: context.load_verify_locations(files.ca), "ca", files.ca)
    else:
        context.load_default_certs()
    _identify(context, files)
    return context


def server_context(files: TlsFiles) -> ssl.SSLContext:
    """How a server answers on an ``ssl`` endpoint; raises `ConfigError`."""
    if not files.cert:
        raise ConfigError(
            "expected the setting cert for an ssl endpoint, got none: "
            "name the server's certificate (PEM), and its key"
        )
    if files.verify_client and not files.ca:
        raise ConfigError(
            "expected the setting ca beside verifyclient, got none: "
            "name the certificates that clients are checked against"
        )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    _identify(context, files)
    if files.ca:
        _load(lambda: context.load_verify_locations(files.ca), "ca", files.ca)
    if files.verify_client:
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def _identify(context: ssl.SSLContext, files: TlsFiles) -> None:
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if files.cert:
        load = context.load_cert_chain
        _load(lambda: load(files.cert, files.key or None), "cert or key", files.cert)
    if files.ciphers:
        _load(lambda: context.set_ciphers(files.ciphers), "ciphers", files.ciphers)


def _load(action: object, setting: str, value: str) -> None:
    assert callable(action)
    try:
        action()
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(
            f"expected a usable file or value for {setting}, got {value!r}: {error}"
        ) from error
