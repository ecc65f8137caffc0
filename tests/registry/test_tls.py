"""The second listener: the same objects behind TLS, beside the plain port."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from tars_runtime.communicator import Communicator
from tars_runtime.errors import ConnectError
from tars_runtime.interfaces.tars import QueryFProxy, tarsregistryProxy

from tests.certificates import needs_openssl, self_signed
from tests.registry.program import OBJECT, Client, Process, run, startup

pytestmark = needs_openssl


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """``own`` and ``other``: certificates that are their own authorities, for 127.0.0.1."""
    folder = tmp_path_factory.mktemp("papers")
    for name in ("own", "other"):
        self_signed(folder, name, "IP:127.0.0.1")
    return folder


def flags(papers: Path, port: int) -> tuple[str, ...]:
    files = "--tls-cert", str(papers / "own.pem"), "--tls-key", str(papers / "own.key")
    return "--tls-port", str(port), *files


@pytest.fixture
def tls_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@pytest.fixture
def registry(tmp_path: Path, papers: Path, tls_port: int) -> Iterator[Process]:
    process = Process(tmp_path, *flags(papers, tls_port))
    yield process
    process.close()


async def test_what_registers_behind_tls_is_found_on_the_plain_port(
    registry: Process, papers: Path, tls_port: int
) -> None:
    at = f"@ssl -h 127.0.0.1 -p {tls_port} -t 60000"
    async with Communicator(ca=str(papers / "own.pem")) as communicator:
        server = communicator.proxy(
            tarsregistryProxy, "tars.tarsregistry.Registry" + at
        )
        await server.onStartup(startup())
        query = communicator.proxy(QueryFProxy, "tars.tarsregistry.QueryObj" + at)
        assert len(await query.findObjectById(OBJECT)) == 1
    async with Communicator() as communicator:
        plain = Client(communicator, registry.port)
        assert len(await plain.query.findObjectById(OBJECT)) == 1


async def test_a_client_that_trusts_another_authority_does_not_connect(
    registry: Process, papers: Path, tls_port: int
) -> None:
    at = f"@ssl -h 127.0.0.1 -p {tls_port} -t 60000"
    async with Communicator(ca=str(papers / "other.pem")) as communicator:
        query = communicator.proxy(QueryFProxy, "tars.tarsregistry.QueryObj" + at)
        with pytest.raises(ConnectError):
            await query.findObjectById(OBJECT)


async def test_with_an_authority_clients_must_show_a_certificate(
    tmp_path: Path, papers: Path, tls_port: int
) -> None:
    authority = "--tls-ca", str(papers / "other.pem")
    registry = Process(tmp_path, *flags(papers, tls_port), *authority)
    at = f"tars.tarsregistry.QueryObj@ssl -h 127.0.0.1 -p {tls_port} -t 60000"
    own, cert, key = (
        str(papers / each) for each in ("own.pem", "other.pem", "other.key")
    )
    try:
        async with Communicator(ca=own) as communicator:
            with pytest.raises(ConnectError):
                await communicator.proxy(QueryFProxy, at).findObjectById(OBJECT)
        async with Communicator(ca=own, cert=cert, key=key) as communicator:
            assert (
                await communicator.proxy(QueryFProxy, at).findObjectById(OBJECT) == []
            )
    finally:
        registry.close()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        pytest.param(("--tls-port", "1"), "--tls-cert and --tls-key", id="no files"),
        pytest.param(
            ("--tls-port", "1", "--tls-cert", "/no", "--tls-key", "/no"),
            "/no",
            id="files that are not there",
        ),
    ],
)
def test_a_mistake_is_one_line(
    tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    done = run("serve", "--port", "0", "--http-port", "off", *words, cwd=tmp_path)
    assert done.returncode == 2, done
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1, done.stderr
