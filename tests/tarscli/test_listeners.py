"""Who listens on a port, by the kernel's tables."""

from __future__ import annotations

import os
import socket
import subprocess
import sys

from tarscli.supervisor.listeners import bound, holds, sockets_on


def test_a_listener_is_found_and_its_process_holds_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        found = sockets_on(server.getsockname()[1], "tcp")
        assert found == {str(os.fstat(server.fileno()).st_ino)}
        assert holds([os.getpid()], found) is True
        with subprocess.Popen([sys.executable, "-c", "input()"], stdin=-1) as other:
            assert holds([other.pid], found) is False
    assert sockets_on(1, "tcp") == frozenset()


def test_a_connection_from_that_port_is_no_listener() -> None:
    """And one that was there first hides no listener: the kernel lists those first."""
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()) as client,
        socket.create_server(("127.0.0.1", 0)) as later,
    ):
        assert sockets_on(client.getsockname()[1], "tcp") == frozenset()
        assert len(sockets_on(later.getsockname()[1], "tcp")) == 1


def test_udp_sockets_are_bound() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as each:
        each.bind(("127.0.0.1", 0))
        assert len(sockets_on(each.getsockname()[1], "udp")) == 1


def test_connections_are_not_read() -> None:
    """A server may have ten thousand, and is checked every few seconds."""
    row = "0: 0100007F:1F90 00000000:0000 {} 0:0 00:0 0 0 0 {} 1"
    listens, talks = row.format("0A", "11"), row.format("01", "22")
    lines = iter([listens, listens, talks, talks])
    assert list(bound(lines, True)) == [("0100007F:1F90", "11")] * 2
    assert list(lines) == [talks]
    assert len(list(bound(iter([listens, talks]), False))) == 2
