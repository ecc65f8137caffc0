"""TLS: what is verified, by whom, and what happens when it does not hold."""

from __future__ import annotations

import asyncio
import shutil
import ssl
from contextlib import suppress
from pathlib import Path

import pytest
from Demo import GreeterProxy, Greeting
from greeter import NAME, Greeter
from papers import SSL, Papers, call, server
from tars_runtime import testing
from tars_runtime.communicator import Communicator
from tars_runtime.config import Config
from tars_runtime.errors import ConfigError, ConnectError
from tars_runtime.net.names import names_of, shows
from tars_runtime.net.tls import (
    ClientTls,
    ServerTls,
    TlsFiles,
    client_context,
    server_context,
)

from tests.certificates import needs_openssl, openssl

pytestmark = needs_openssl


async def test_a_chain_that_holds(papers: Papers) -> None:
    async with testing.serving({NAME: Greeter()}, **server(papers)) as (app, _):
        endpoint = app.endpoint(NAME)
        assert await call(endpoint, ca=papers.ca_pem) == 3
        named = {"ca": papers.ca_pem, "server_name": "Demo.HelloServer"}
        assert await call(endpoint, **named) == 3


async def test_a_chain_alone_does_not_hold(papers: Papers) -> None:
    """Any server of the platform could else pass for any other one."""
    other = {"endpoint": SSL, "cert": papers.other_pem, "key": papers.other_key}
    async with testing.serving({NAME: Greeter()}, **other) as (app, _):
        with pytest.raises(
            ConnectError,
            match=r"for 127.0.0.1 or Demo.HelloServer, got one for Demo.Other, .*org, 127",
        ):
            await call(app.endpoint(NAME), ca=papers.ca_pem)
        assert app.adapters[0].dispatcher.counters.requests == 0
        told = {"ca": papers.ca_pem, "server_name": "Demo.Other"}
        assert await call(app.endpoint(NAME), **told) == 3


@pytest.mark.parametrize(
    ("host", "holds"),
    [
        ("127.0.0.9", True),
        ("127.0.0.1", False),
        ("::1", True),
        ("a.example.org", True),
        ("A.Example.Org", True),
        ("a.b.example.org", False),
        ("example.org", False),
        ("evil-example.org", False),
    ],
)
def test_hosts_that_a_certificate_is_for(host: str, holds: bool) -> None:
    names = [
        ("DNS", "*.example.org"),
        ("IP Address", "127.0.0.9"),
        ("IP Address", "0:0:0:0:0:0:0:1\n"),
        ("DNS", "127.0.0.1"),
    ]
    assert shows(names, host, "Demo.HelloServer") is holds
    assert shows([*names, ("DNS", "demo.helloserver")], host, "Demo.HelloServer")


async def test_an_object_may_have_credentials_of_its_own(papers: Papers) -> None:
    asks = server(papers, ca=papers.ca_pem, verify_client=True)
    second = "Demo.HelloServer.SecondObj"
    servants = {NAME: Greeter(), second: Greeter()}
    async with testing.serving(servants, **asks) as (app, _):
        text = f"""
            <tars>
              <application>
                <client>
                  ca={papers.ca_pem}
                  <{NAME}>
                    cert={papers.client_pem}
                    key={papers.client_key}
                  </{NAME}>
                </client>
              </application>
            </tars>
        """
        async with Communicator.from_config(Config.parse(text)) as client:
            endpoint = app.endpoint(NAME)
            greeter = client.proxy(GreeterProxy, f"{NAME}@{endpoint}")
            assert (await greeter.greet(Greeting(name="Ann"))).ret == 3
            other = client.proxy(GreeterProxy, f"{second}@{endpoint}")
            with pytest.raises(ConnectError):
                await other.greet(Greeting())


def test_files_are_read_again_when_they_change(
    papers: Papers, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Orchestrators renew certificates under a running process."""
    files = TlsFiles(
        ca=shutil.copy(papers.ca_pem, str(tmp_path / "ca.pem")),
        cert=shutil.copy(papers.server_pem, str(tmp_path / "server.pem")),
        key=shutil.copy(papers.server_key, str(tmp_path / "server.key")),
    )
    mine, theirs = ServerTls(files), ClientTls(TlsFiles(ca=files.ca))
    assert shown(mine, theirs) == "Demo.HelloServer"
    shutil.copy(papers.other_pem, files.cert)
    mine.refresh()
    assert "the certificate stays as it was" in caplog.text, "its key is not there yet"
    assert shown(mine, theirs) == "Demo.HelloServer"
    shutil.copy(papers.other_key, files.key)
    mine.refresh()
    assert shown(mine, theirs) == "Demo.Other"
    shutil.copy(papers.stranger_pem, files.ca)
    with pytest.raises(ssl.SSLCertVerificationError):
        shown(mine, theirs)
    Path(files.ca).write_text("half a file")
    with pytest.raises(ssl.SSLCertVerificationError):
        shown(mine, theirs)
    assert "the certificates stay as they were" in caplog.text
    shutil.copy(papers.ca_pem, files.ca)
    assert shown(mine, theirs) == "Demo.Other"


def shown(server: ServerTls, client: ClientTls) -> str:
    """The first name of the certificate that a handshake in memory shows."""
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    here = client.context().wrap_bio(down, up, server_hostname="x")
    there = server.context.wrap_bio(up, down, server_side=True)
    for _ in range(10):
        for each in (here, there):
            with suppress(ssl.SSLWantReadError):
                each.do_handshake()
    return names_of(here.getpeercert() or {})[0][1]


async def test_a_running_server_shows_the_renewed_certificate(
    papers: Papers, tmp_path: Path
) -> None:
    cert = shutil.copy(papers.other_pem, str(tmp_path / "server.pem"))
    key = shutil.copy(papers.other_key, str(tmp_path / "server.key"))
    endpoint = "ssl -h 127.0.0.1 -p 0 -t 200"  # looks every 50 ms
    settings = {"endpoint": endpoint, "cert": cert, "key": key}
    async with testing.serving({NAME: Greeter()}, **settings) as (app, _):
        with pytest.raises(ConnectError):
            await call(app.endpoint(NAME), ca=papers.ca_pem)
        shutil.copy(papers.server_key, key)
        shutil.copy(papers.server_pem, cert)
        async with asyncio.timeout(10):
            while True:
                with suppress(ConnectError):
                    assert await call(app.endpoint(NAME), ca=papers.ca_pem) == 3
                    break


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


async def test_a_handshake_that_does_not_come_is_not_waited_for(
    papers: Papers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tars_runtime.net.door.HANDSHAKE", 0.1)
    async with testing.serving({NAME: Greeter()}, **server(papers)) as (app, _):
        reader, writer = await asyncio.open_connection(
            *app.adapters[0].listener.address
        )
        async with asyncio.timeout(5):
            assert await reader.read() == b""
        writer.close()
        assert await call(app.endpoint(NAME), ca=papers.ca_pem) == 3


def test_a_key_with_a_passphrase_is_an_error_and_no_question(
    papers: Papers, tmp_path: Path
) -> None:
    """OpenSSL would ask at the terminal, also in the midst of serving when files change."""
    key = tmp_path / "locked.key"
    words = ("-in", papers.server_key, "-aes128", "-passout", "pass:secret")
    openssl(tmp_path, "pkey", *words, "-out", str(key))
    with pytest.raises(ConfigError, match=r"without a passphrase, got .*locked\.key"):
        server_context(TlsFiles(cert=papers.server_pem, key=str(key)))


def test_files_that_are_missing_are_named(papers: Papers, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="expected the setting cert"):
        server_context(TlsFiles())
    with pytest.raises(ConfigError, match="expected the setting ca beside"):
        server_context(TlsFiles(cert=papers.server_pem, verify_client=True))
    with pytest.raises(ConfigError, match=r"for ca, got '.*none.pem'"):
        client_context(TlsFiles(ca=str(tmp_path / "none.pem")))
    with pytest.raises(ConfigError, match="for cert or key"):
        client_context(TlsFiles(cert=papers.ca_pem, key=papers.server_key))
