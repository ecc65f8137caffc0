"""Which ports and which address genconf finds, and that nobody else gets them."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from tars_runtime.net.endpoint import Endpoint
from tarscli.genconf import generate, new_ports
from tarscli.info import load_info
from tarscli.options import parse_command_line
from tarscli.ports import Ports, reservation_name

from tests.tarscli.room import META, Room, wait_until


@pytest.fixture
def place(tmp_path: Path) -> Room:
    return Room(tmp_path / "tars", "")


@pytest.mark.parametrize(
    ("host", "transport"),
    [
        ("127.0.0.1", "tcp"),
        ("127.0.0.1", "udp"),
        ("127.0.0.1", "ssl"),
        ("::1", "tcp"),
        ("::1", "udp"),
    ],
)
def test_random_ports_for_every_transport_and_family(
    place: Room, host: str, transport: str
) -> None:
    if ":" in host and not _has_ipv6():
        pytest.skip("this machine has no IPv6 loopback")
    place.layout.meta.write_text(
        META
        + f"    endpoint: {transport} -h ${{local_ip}} -p ${{random_port}} -t 3000\n"
    )
    done = place.run("genconf", POD_IP=host)
    assert done.returncode == 0, done.stderr
    (_, adapter), *_ = load_info(place.layout.info).servants
    endpoint = Endpoint.parse(adapter.endpoint)
    assert (endpoint.host, endpoint.transport) == (host, transport)
    assert 13000 <= endpoint.port <= 16000


def _has_ipv6() -> bool:
    with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as probe:
        try:
            probe.bind(("::1", 0))
        except OSError:
            return False
    return True


def test_a_taken_port_and_a_reserved_one_are_passed_over() -> None:
    endpoint = Endpoint.parse("tcp -h 127.0.0.1 -p 0")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        first = Ports(port, port)
        with pytest.raises(Exception, match="no port from"):
            first.take(endpoint)
    one, two = Ports(port, port), Ports(port, port)
    assert one.take(endpoint) == port
    with pytest.raises(Exception, match="no port from"):
        two.take(endpoint)
    one.release()
    assert two.take(endpoint) == port
    two.release()


def test_a_reservation_is_a_name_that_the_whole_network_namespace_sees() -> None:
    ports = Ports(13000, 16000)
    port = ports.take(Endpoint.parse("tcp -h 127.0.0.1 -p 0"))
    names = Path("/proc/net/unix").read_text()
    assert "@" + reservation_name(port)[1:] in names
    ports.release()
    assert "@" + reservation_name(port)[1:] not in Path("/proc/net/unix").read_text()


def test_the_search_starts_anywhere_and_a_seed_makes_it_repeatable() -> None:
    endpoint = Endpoint.parse("tcp -h 127.0.0.1 -p 0")

    def first(seed: str) -> int:
        ports = Ports(20000, 29999, seed)
        try:
            return ports.take(endpoint)
        finally:
            ports.release()

    assert len({first("") for _ in range(8)}) > 1
    assert first("seed") == first("seed")


def test_two_at_once_never_share_a_port(place: Room) -> None:
    options = parse_command_line("genconf", [], place.environment)
    held = [new_ports(options) for _ in range(8)]
    try:
        made = [generate(options, each) for each in held]
        used = [
            port
            for each in made
            for port in (
                each.info.admin.port,
                Endpoint.parse(each.info.servants[0][1].endpoint).port,
            )
        ]
        assert len(set(used)) == 16
    finally:
        for each in held:
            each.release()


def test_the_address_is_found_without_pod_ip(place: Room) -> None:
    del place.environment["POD_IP"]
    done = place.run("genconf", POD_IPS="::1, 127.0.0.1")
    assert done.returncode == 0, done.stderr
    assert load_info(place.layout.info).local_ip == "127.0.0.1"
    wait_until(place.layout.info.exists, "the info file")
