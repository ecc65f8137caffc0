"""TLS: what is verified, by whom, and what happens when it does not hold."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from Demo import GreeterProxy, Greeting
from greeter import NAME, Greeter
from tars_runtime import testing
from tars_runtime.communicator import Communicator
from tars_runtime.errors import ConfigError, ConnectError
from tars_runtime.net.tls import TlsFiles, client_context, server_context

pytestmark = pytest.mark.skipif(
    shutil.which("openssl") is None, reason="the program openssl makes the certificates"
)
SSL = "ssl -h 127.0.0.1 -p 0 -t 60000"


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


CURVE = "ec_paramgen_curve:prime256v1"


@pytest.fixture(scope="session")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Papers:
    folder = tmp_path_factory.mktemp("papers")
    authority(folder, "ca")
    authority(folder, "stranger")
    signed(folder, "server", "DNS:Demo.HelloServer")
    signed(folder, "client", "DNS:client")
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


async def test_a_chain_that_holds(papers: Papers) -> None:
    async with testing.serving({NAME: Greeter()}, **server(papers)) as (app, _):
        endpoint = app.endpoint(NAME)
        assert await call(endpoint, ca=papers.ca_pem) == 3
        named = {"ca": papers.ca_pem, "server_name": "Demo.HelloServer"}
        assert await call(endpoint, **named) == 3


@pytest.mark.parametrize("case", ["no ca", "another ca", "another name"])
async def test_what_does_not_hold_is_refused(papers: Papers, case: str) -> None:
    settings = {
        "no ca": {},
        "another ca": {"ca": papers.stranger_pem},
        "another name": {"ca": papers.ca_pem, "server_name": "Demo.Other"},
    }[case]
    async with testing.serving({NAME: Greeter()}, **server(papers)) as (app, _):
        with pytest.raises(ConnectError, match="certificate verify failed"):
            await call(app.endpoint(NAME), **settings)
        assert app.adapters[0].dispatcher.counters.requests == 0


async def test_a_server_may_ask_for_the_clients_certificate(papers: Papers) -> None:
    asks = server(papers, ca=papers.ca_pem, verify_client=True)
    async with testing.serving({NAME: Greeter()}, **asks) as (app, _):
        endpoint = app.endpoint(NAME)
        own = {"cert": papers.client_pem, "key": papers.client_key}
        assert await call(endpoint, ca=papers.ca_pem, **own) == 3
        with pytest.raises(ConnectError):
            await call(endpoint, ca=papers.ca_pem)
        assert app.adapters[0].dispatcher.counters.requests == 1


async def test_clear_text_is_not_understood(papers: Papers) -> None:
    async with testing.serving({NAME: Greeter()}, **server(papers)) as (app, _):
        port = app.endpoint(NAME).port
        with pytest.raises(ConnectError):
            await call(f"tcp -h 127.0.0.1 -p {port}")


def test_files_that_are_missing_are_named(papers: Papers, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="expected the setting cert"):
        server_context(TlsFiles())
    with pytest.raises(ConfigError, match="expected the setting ca beside"):
        server_context(TlsFiles(cert=papers.server_pem, verify_client=True))
    with pytest.raises(ConfigError, match=r"for ca, got '.*none.pem'"):
        client_context(TlsFiles(ca=str(tmp_path / "none.pem")))
    with pytest.raises(ConfigError, match="for cert or key"):
        client_context(TlsFiles(cert=papers.ca_pem, key=papers.server_key))
