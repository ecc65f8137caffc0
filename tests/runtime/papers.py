"""Certificates for tests: an authority, what it signed, and a stranger; made by openssl."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from Demo import GreeterProxy, Greeting
from greeter import NAME
from tars_runtime.communicator import Communicator

needs_openssl = pytest.mark.skipif(
    shutil.which("openssl") is None, reason="the program openssl makes the certificates"
)
SSL = "ssl -h 127.0.0.1 -p 0 -t 60000"
CURVE = "ec_paramgen_curve:prime256v1"


@dataclass(frozen=True)
class Papers:
    """An authority and what it signed: a server's certificate, a client's, and a stranger."""

    folder: Path

    def __getattr__(self, name: str) -> str:
        return str(self.folder / name.replace("_", "."))


def openssl(folder: Path, *words: str) -> None:
    subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)


def authority(folder: Path, name: str) -> None:
    subject = f"/CN={name}"
    openssl(
        folder,
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        CURVE,
        "-nodes",
        "-keyout",
        f"{name}.key",
        "-out",
        f"{name}.pem",
        "-days",
        "2",
        "-subj",
        subject,
    )


def signed(folder: Path, name: str, alternative: str) -> None:
    openssl(
        folder,
        "req",
        "-newkey",
        "ec",
        "-pkeyopt",
        CURVE,
        "-nodes",
        "-keyout",
        f"{name}.key",
        "-out",
        f"{name}.csr",
        "-subj",
        f"/CN={name}",
    )
    (folder / "ext").write_text(f"subjectAltName={alternative}\n")
    openssl(
        folder,
        "x509",
        "-req",
        "-in",
        f"{name}.csr",
        "-CA",
        "ca.pem",
        "-CAkey",
        "ca.key",
        "-CAcreateserial",
        "-out",
        f"{name}.pem",
        "-days",
        "2",
        "-extfile",
        "ext",
    )


def made_in(folder: Path) -> Papers:
    """All of them."""
    authority(folder, "ca")
    authority(folder, "stranger")
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
