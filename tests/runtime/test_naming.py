"""Choosing endpoints: turns, weights, hashes, the ring of C++ and Go, health, lists, the cache."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tars_runtime.naming.balance import Ring, by_address, turns
from tars_runtime.naming.book import Book, Listing
from tars_runtime.naming.cache import EndpointCache
from tars_runtime.naming.health import Health, HealthPolicy
from tars_runtime.naming.select import Selector
from tars_runtime.net.endpoint import Endpoint

ABC = [Endpoint(host, 80) for host in ("10.0.0.3", "10.0.0.1", "10.0.0.2")]


@dataclass
class Node:
    endpoint: Endpoint
    health: Health = field(default_factory=Health)


def weighted(*weights: int) -> list[Endpoint]:
    return [
        Endpoint(f"h{n}", 80, weight=weight, weight_type=1)
        for n, weight in enumerate(weights)
    ]


def test_every_endpoint_has_its_turn() -> None:
    selector = Selector([Node(each) for each in ABC])
    picked = [selector.next(0.0) for _ in range(6)]
    assert picked[:3] == picked[3:]
    assert len({id(each) for each in picked}) == 3


def test_weights_are_kept_and_spread() -> None:
    order = turns(weighted(100, 50, 25))
    counts = Counter(order)
    assert counts[0] / counts[2] == pytest.approx(4, rel=0.35)
    assert max(len(run) for run in "".join(map(str, order)).split("0")) <= 3


def test_extreme_weights_are_clamped() -> None:
    counts = Counter(turns(weighted(100, 1)))
    assert counts[0] == 100 * counts[1]
    counts = Counter(turns(weighted(4, 2)))
    assert counts[0] == 2 * counts[1]


def test_a_weight_of_zero_has_no_turn_and_mixed_types_have_equal_ones() -> None:
    assert set(turns(weighted(10, 0))) == {0}
    assert turns([*weighted(10), Endpoint("x", 1)]) == [0, 1]


def test_modulo_counts_by_address() -> None:
    selector = Selector([Node(each) for each in ABC])
    hosts = [selector.by_hash(0.0, code, False).endpoint.host for code in range(4)]  # type: ignore[union-attr]
    assert hosts == ["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.1"]
    assert by_address(ABC) == [1, 2, 0]


def test_the_ring_is_the_one_of_go() -> None:
    """Points of md5("10.0.0.1_0"), read as four little-endian numbers, worked out by hand."""
    from hashlib import md5

    ring = Ring([Endpoint("10.0.0.1", 80), Endpoint("10.0.0.2", 80)])
    digest = md5(b"10.0.0.1_0").digest()
    for at in range(0, 16, 4):
        point = int.from_bytes(digest[at : at + 4], "little")
        assert next(ring.walk(point)) == 0
        assert next(ring.walk(point + (7 << 32))) == 0, "only the low 32 bits count"
    assert len(ring._points) == 200


def test_endpoints_of_one_host_are_apart_on_the_ring() -> None:
    ring = Ring([Endpoint("a", 1), Endpoint("a", 2)])
    owners = Counter(next(ring.walk(code << 20)) for code in range(4096))
    assert min(owners.values()) > 1000


def test_a_hash_goes_on_to_one_that_is_well() -> None:
    nodes = [Node(each) for each in ABC]
    selector = Selector(nodes)
    home = selector.by_hash(1.0, 12345, True)
    assert home is not None
    home.health.unreachable(0.0)
    selector.refresh()
    other = selector.by_hash(1.0, 12345, True)
    assert other is not None
    assert other is not home
    for node in nodes:
        node.health.unreachable(0.0)
    assert selector.by_hash(1.0, 12345, True) is home, "when all are out it still tries"


def test_calls_by_hash_alone_bring_their_endpoint_back() -> None:
    nodes = [Node(each) for each in ABC]
    selector = Selector(nodes)
    home = selector.by_hash(0.0, 12345, True)
    assert home is not None
    home.health.unreachable(0.0)
    selector.refresh()
    assert selector.by_hash(29.0, 12345, True) is not home
    assert selector.by_hash(30.0, 12345, True) is home, "a probe"
    assert selector.by_hash(30.1, 12345, True) is not home, "one at a time"
    home.health.succeeded(30.2)
    selector.refresh()
    assert selector.by_hash(30.3, 12345, True) is home


def test_one_call_a_second_puts_a_dead_endpoint_out() -> None:
    health = Health(HealthPolicy(least=100))
    outs = [health.failed(float(second)) for second in range(6)]
    assert outs == [False] * 5 + [True]
    assert health.is_out


def test_failures_at_once_are_not_five_seconds() -> None:
    health = Health(HealthPolicy(least=100))
    assert not any(health.failed(0.001 * n) for n in range(99))


def test_half_of_the_calls_failing_puts_an_endpoint_out() -> None:
    health = Health()
    health.succeeded(0.0)
    health.succeeded(1.0)
    assert not health.failed(2.0)
    assert health.failed(3.0)


def test_few_failures_among_many_calls_do_not() -> None:
    health = Health()
    for n in range(100):
        health.succeeded(n * 0.1)
    assert not any(health.failed(20.0 + n) for n in range(4))


def test_a_server_that_sends_its_clients_away_is_left_out() -> None:
    health = Health()
    assert health.leaving(10.0)
    assert not health.succeeded(9.0), "what it was asked before, it still answers"
    assert not health.leaving(11.0), "another connection to it was told the same"
    assert not health.take_probe(40.9)
    assert health.take_probe(41.0)
    assert health.succeeded(41.0)
    assert not health.is_out


def test_an_endpoint_that_is_listed_anew_is_tried_at_once() -> None:
    health = Health()
    assert health.leaving(0.0)
    health.invited(2.0)
    assert health.take_probe(2.0)
    assert not health.take_probe(2.1), "one at a time"
    assert health.succeeded(2.2)


def test_a_probe_every_so_often_readmits() -> None:
    health = Health()
    assert health.unreachable(0.0)
    assert not health.take_probe(29.9)
    assert health.take_probe(30.0)
    assert not health.take_probe(30.1), "one at a time"
    assert health.succeeded(31.0)
    assert not health.is_out


def test_the_selector_leaves_out_probes_and_readmits() -> None:
    nodes = [Node(each) for each in ABC[:2]]
    selector = Selector(nodes)
    nodes[0].health.unreachable(0.0)
    selector.refresh()
    assert {id(selector.next(1.0)) for _ in range(4)} == {id(nodes[1])}
    picked = [selector.next(31.0) for _ in range(4)]
    assert picked.count(nodes[0]) == 1
    nodes[0].health.succeeded(32.0)
    selector.refresh()
    assert [selector.next(33.0) for _ in range(4)].count(nodes[0]) == 2


def test_when_all_are_out_one_is_tried() -> None:
    nodes = [Node(each) for each in ABC]
    for node in nodes:
        node.health.unreachable(0.0)
    assert Selector(nodes).next(1.0) in nodes
    assert Selector([]).next(1.0) is None


def test_lists_are_asked_for_again() -> None:
    book = Book(60.0)
    assert book.is_due(0.0)
    assert book.answered(Listing(tuple(ABC)), 0.0)
    assert not book.is_due(59.9)
    assert book.is_due(60.0)
    assert not book.answered(Listing(tuple(reversed(ABC))), 60.0), "the same endpoints"


def test_failed_questions_are_repeated_after_two_and_then_thirty_seconds() -> None:
    book = Book(60.0)
    waits = []
    now = 0.0
    for _ in range(5):
        book.failed(now)
        waits.append(book.due_at - now)
        now = book.due_at
    assert waits == [2.0, 2.0, 2.0, 30.0, 30.0]


def test_an_empty_answer_keeps_the_list() -> None:
    book = Book(60.0)
    book.answered(Listing(tuple(ABC)), 0.0)
    assert not book.answered(Listing(), 60.0)
    assert book.listing == Listing(tuple(ABC))
    assert book.due_at == 70.0


def test_a_changed_weight_is_a_change() -> None:
    book = Book(60.0)
    book.answered(Listing((Endpoint("a", 1, weight=5),)), 0.0)
    assert book.answered(Listing((Endpoint("a", 1, weight=6),)), 60.0)


def test_the_cache_survives_a_restart(tmp_path: Path) -> None:
    listing = Listing(tuple(ABC), (Endpoint("z", 9),))
    EndpointCache(tmp_path / "deep" / "cache.json").keep("A.B.C", "n.a.1", listing)
    again = EndpointCache(tmp_path / "deep" / "cache.json")
    assert again.recall("A.B.C", "n.a.1") == listing
    assert again.recall("A.B.C", "") == Listing()
    assert [each.name for each in (tmp_path / "deep").iterdir()] == ["cache.json"]


def test_processes_share_a_cache_and_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "cache.json"
    one, other = EndpointCache(path), EndpointCache(path)
    assert one.recall("A.B.C", "") == other.recall("A.B.D", "") == Listing()
    one.keep("A.B.C", "", Listing(tuple(ABC[:1])))
    other.keep("A.B.D", "", Listing(tuple(ABC[1:])))
    kept = EndpointCache(path)
    assert kept.recall("A.B.C", "").active == tuple(ABC[:1])
    assert kept.recall("A.B.D", "").active == tuple(ABC[1:])


def test_a_cache_that_cannot_be_written_is_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("in the way")
    cache = EndpointCache(tmp_path / "file" / "cache.json")
    cache.keep("A.B.C", "", Listing(tuple(ABC)))
    assert "the endpoint cache is not written" in caplog.text


def test_one_damaged_endpoint_does_not_cost_the_others(tmp_path: Path) -> None:
    path = tmp_path / "cache.json"
    EndpointCache(path).keep("A.B.C", "", Listing(tuple(ABC)))
    path.write_text(path.read_text().replace("10.0.0.1 -p 80", "10.0.0.1 -p 80 -e 7"))
    kept = EndpointCache(path).recall("A.B.C", "").active
    assert [each.host for each in kept] == ["10.0.0.3", "10.0.0.2"]


@pytest.mark.parametrize("text", ["", "[]", "{", '{"format": 1, "objects": {"a": 3}}'])
def test_a_damaged_cache_is_no_cache(tmp_path: Path, text: str) -> None:
    (tmp_path / "cache.json").write_text(text)
    assert EndpointCache(tmp_path / "cache.json").recall("A.B.C", "") == Listing()
