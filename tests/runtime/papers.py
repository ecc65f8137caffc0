"""Certificates for tests: an authority, what it signed, and a stranger; made by openssl."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from Demo import GreeterProxy, Greeting
from greeter import NAME
from tars_runtime.communicator import Communicator

from tests.certificates import self_signed, signed

SSL = "ssl -h 127.0.0.1 -p 0 -t 60000"


@dataclass(frozen=True)
class Papers:
    """An authority and what it signed: a server's certificate, a client's, and a stranger."""

    folder: Path

    def __getattr__(self, name: str) -> str:
        return str(self.folder / name.replace("_", "."))


def made_in(folder: Path) -> Papers:
    """All of them."""
    self_signed(folder, "ca")
    self_signed(folder, "stranger")
    signed(folder, "server", "DNS:Demo.HelloServer")
    signed(folder, "client", "DNS:client")
    signed(folder, "other", "DNS:Demo.Other,DNS:*.example.org,IP:127.0.0.9")
    return Papers(folder)


def server(papers: Papers, **more: Any) -> dict[str, Any]:
    return {
        "endpoint": SSL,
        "cert": papers.server_pem,
        "key": papers.server_key,
        **more,
    }


async def call(endpoint: object, **settings: Any) -> int:
    async with Communicator(**settings) as client:
        greeter = client.proxy(GreeterProxy, f"{NAME}@{endpoint}")
        return (await greeter.greet(Greeting(name="Ann"), timeout=5)).ret
