"""Endpoints and object strings: the whole grammar, and what other parsers trip over."""

import pytest
from tars_runtime.errors import UsageError
from tars_runtime.net.endpoint import Endpoint, ObjectRef


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("tcp -h 10.0.0.1 -p 80", Endpoint("10.0.0.1", 80)),
        ("udp -p 80 -h a", Endpoint("a", 80, "udp")),
        ("ssl -h tcp.example -p 1", Endpoint("tcp.example", 1, "ssl")),
        ("tcp -h * -p 1", Endpoint("0.0.0.0", 1)),
        ("tcp -h [::1] -p 1", Endpoint("::1", 1)),
        ("tcp -h a -p 1 -s n.a.1", Endpoint("a", 1, set_name="n.a.1")),
        ("tcp -h a -x what -p 7", Endpoint("a", 7)),
    ],
)
def test_endpoints_are_read(text: str, expected: Endpoint) -> None:
    assert Endpoint.parse(text) == expected


def test_weights_follow_their_type() -> None:
    assert Endpoint.parse("tcp -h a -p 1 -w -1").weight == -1
    assert Endpoint.parse("tcp -h a -p 1 -v 1").weight == 100
    assert Endpoint.parse("tcp -h a -p 1 -v 1 -w 250").weight == 100
    assert Endpoint.parse("tcp -h a -p 1 -v 1 -w 30").weight == 30


@pytest.mark.parametrize(
    "text",
    [
        "tcp -h 10.0.0.1 -p 80 -t 60000",
        "ssl -h ::1 -p 1 -t 3000 -w 50 -v 1 -e 1 -s a.b.c -b 127.0.0.1",
    ],
)
def test_text_is_kept(text: str) -> None:
    assert Endpoint.parse(str(Endpoint.parse(text))) == Endpoint.parse(text)
    assert str(Endpoint.parse(str(Endpoint.parse(text)))) == str(Endpoint.parse(text))


def test_weight_and_timeout_do_not_make_another_endpoint() -> None:
    assert Endpoint("a", 1, weight=5) == Endpoint("a", 1, weight=7, timeout_ms=1)
    assert Endpoint("a", 1) != Endpoint("a", 1, set_name="x.y.z")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "expected tcp, udp or ssl first, got none"),
        ("http -h a -p 1", "got http"),
        ("tcp -h", "expected a value after -h"),
        ("tcp -h a -p x", "expected a whole number after -p, got x"),
        ("tcp -h a -p 1 -q 256", "expected a type of service from 0 to 255"),
        ("tcp -h a -p 70000", "expected a port from 0 to 65535"),
        ("tcp -h a -p 1 -e 2", "expected 0 or 1 after -e, got 2"),
        ("tcp a", "expected an option such as -h, got a"),
    ],
)
def test_mistakes_say_what_was_expected(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        Endpoint.parse(text)


def test_a_list_is_cut_before_protocols_only() -> None:
    ref = ObjectRef.parse(
        "A.B.C@tcp -h fe80::1 -p 1: udp -h tcphost -p 2:ssl -h c -p 3"
    )
    assert ref.name == "A.B.C"
    assert [each.host for each in ref.endpoints] == ["fe80::1", "tcphost", "c"]
    assert [each.transport for each in ref.endpoints] == ["tcp", "udp", "ssl"]


def test_lane_and_scheme_are_no_part_of_the_name() -> None:
    ref = ObjectRef.parse("tars://A.B.C#2@tcp -h a -p 1")
    assert (ref.name, ref.lane) == ("A.B.C", "2")
    assert ObjectRef.parse(str(ref)) == ref


@pytest.mark.parametrize("text", ["", "@tcp -h a -p 1", "a b", "A.B.C@", "A/../B"])
def test_objects_that_are_none(text: str) -> None:
    with pytest.raises(UsageError):
        ObjectRef.parse(text)
