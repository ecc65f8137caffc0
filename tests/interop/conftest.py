"""Fixtures of the interoperability tests, and the matrix that is printed at their end."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.certificates import HAS_OPENSSL
from tests.interop import matrix, papers
from tests.interop.peers import OBJECT, PEERS, Peer, Unavailable, free_port


class Findings:
    """What the tests found, cell by cell of the matrix."""

    def __init__(self) -> None:
        self.cells: dict[tuple[str, str, str], str] = {}

    def note(self, row: str, language: str, role: str, passed: bool) -> None:
        """A cell is ok when it passed whichever way it was tried."""
        key = (row, language, role)
        if self.cells.get(key) != "FAIL":
            self.cells[key] = "ok" if passed else "FAIL"

    @contextmanager
    def of(self, row: str, language: str, role: str) -> Iterator[None]:
        """Note whether what is done within passes."""
        try:
            yield
        except pytest.skip.Exception:
            raise
        except BaseException:
            self.note(row, language, role, False)
            raise
        self.note(row, language, role, True)

    def judge(self, language: str, role: str, said: Mapping[str, str]) -> None:
        """Every check of the call rows passed, save those that cannot: these must not."""
        wrong = {}
        for name in matrix.CHECKS:
            passed = said.get(name) == "ok"
            limited = (name, language, role) in matrix.LIMITS
            if not limited:
                self.note(name, language, role, passed)
            if passed == limited:
                wrong[name] = said.get(name, "nothing was said")
        assert not wrong, wrong


class Trust(NamedTuple):
    """Folders of certificates."""

    known: Path
    stranger: Path
    """Signed by somebody else, trusts somebody else."""
    impostor: Path
    """Trusts whom it should, shows what somebody else signed."""


_FINDINGS = Findings()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The matrix: a capability a line, a peer and its role a column."""
    if not _FINDINGS.cells:
        return
    terminalreporter.section("interoperability matrix")
    for line in matrix.table(_FINDINGS.cells):
        terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def findings() -> Findings:
    """Where tests note what they found; printed at the end."""
    return _FINDINGS


def available(language: str) -> Peer:
    """The peer, built; skips with the reason where it cannot be had."""
    peer = PEERS[language]
    try:
        peer.built()
    except Unavailable as reason:
        pytest.skip(str(reason))
    except subprocess.CalledProcessError as failure:
        pytest.fail(f"{failure.cmd} failed:\n{failure.stdout}\n{failure.stderr}")
    return peer


@pytest.fixture(scope="session")
def ours() -> Iterator[str]:
    """Our server, one for the session: its object with the endpoint."""
    port = free_port()
    with available("python").serving(port):
        yield f"{OBJECT}@tcp -h 127.0.0.1 -p {port} -t 60000"


@pytest.fixture(scope="session")
def trust(tmp_path_factory: pytest.TempPathFactory) -> Trust:
    """Certificates made for the session."""
    if not HAS_OPENSSL:
        pytest.skip("expected the program openssl to make certificates, got none")
    folder = tmp_path_factory.mktemp("papers")
    known = papers.authority(folder / "known")
    stranger = papers.authority(folder / "stranger")
    return Trust(known, stranger, papers.mixed(folder / "impostor", known, stranger))
