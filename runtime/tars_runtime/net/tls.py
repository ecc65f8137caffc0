"""TLS contexts: what both ends verify, made from the settings ``ca``, ``cert``, ``key``.

A client always verifies the server's chain; against ``ca`` when it is given, else against the
system's authorities. It verifies a name, too: see `tars_runtime.net.names`. Files that change are
read again, so that certificates can be renewed under a running process.
"""

from __future__ import annotations

import logging
import os
import ssl
from dataclasses import dataclass
from typing import TypeAlias

from tars_runtime.errors import ConfigError

__all__ = ["ClientTls", "ServerTls", "TlsFiles", "client_context", "server_context"]

log = logging.getLogger("tars.net")

Stamp: TypeAlias = tuple[tuple[int, int, int] | None, ...]
"""What tells that files are others than before."""


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """The settings of one end."""

    ca: str = ""
    cert: str = ""
    key: str = ""
    ciphers: str = ""
    verify_client: bool = False
    server_name: str = ""

    def stamp(self) -> Stamp:
        """Changes when a file does."""
        return tuple(_stamp(path) for path in (self.ca, self.cert, self.key) if path)


class ClientTls:
    """A client's side of the ``ssl`` endpoints of an object."""

    def __init__(self, files: TlsFiles) -> None:
        self.files = files
        self._stamp: Stamp = ()
        self._context: ssl.SSLContext | None = None

    def context(self) -> ssl.SSLContext:
        """The context for a connection made now; raises `ConfigError`."""
        stamp = self.files.stamp()
        if self._context is None:
            self._context = client_context(self.files)
        elif stamp != self._stamp:
            try:
                self._context = client_context(self.files)
            except ConfigError as error:
                log.error("the certificates stay as they were: %s", error)
        self._stamp = stamp
        return self._context


class ServerTls:
    """A server's side of an ``ssl`` endpoint."""

    def __init__(self, files: TlsFiles) -> None:
        """Raises `ConfigError`."""
        self.files = files
        self._stamp = files.stamp()
        self.context = server_context(files)

    def refresh(self) -> None:
        """Look whether the files have changed; new connections then get the new ones.

        What was taken out of ``ca`` is trusted no more by handshakes that begin after this.
        """
        stamp = self.files.stamp()
        if stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            self.context = server_context(self.files)
        except ConfigError as error:  # such as a certificate without its key yet
            log.error("the certificate stays as it was: %s", error)
        else:
            log.info("the certificate %s was read again", self.files.cert)


def client_context(files: TlsFiles) -> ssl.SSLContext:
    """How a client connects to ``ssl`` endpoints; raises `ConfigError`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = bool(files.server_name) or not files.ca
    if files.ca:
        _trust(context, files)
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
    _trust(context, files)
    if files.verify_client:
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def _trust(context: ssl.SSLContext, files: TlsFiles) -> None:
    if files.ca:
        _load(lambda: context.load_verify_locations(files.ca), "ca", files.ca)


def _identify(context: ssl.SSLContext, files: TlsFiles) -> None:
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if files.cert:
        _load(
            lambda: _load_chain(context, files.cert, files.key),
            "cert or key",
            files.cert,
        )
    if files.ciphers:
        _load(lambda: context.set_ciphers(files.ciphers), "ciphers", files.ciphers)


def _load_chain(context: ssl.SSLContext, cert: str, key: str) -> None:
    def passphrase() -> (
        str
    ):  # OpenSSL itself would ask for it at the terminal, and wait
        raise ConfigError(
            f"expected a key without a passphrase, got one with it in {key or cert!r}: "
            "take it off with openssl pkey -in KEY -out FILE, and guard the file"
        )

    context.load_cert_chain(cert, key or None, passphrase)


def _load(action: object, setting: str, value: str) -> None:
    assert callable(action)
    try:
        action()
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(
            f"expected a usable file or value for {setting}, got {value!r}: {error}"
        ) from error


def _stamp(path: str) -> tuple[int, int, int] | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino, found.st_size
