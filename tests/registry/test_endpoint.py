"""What an endpoint's text means; the recording of a C++ registry has 55 more."""

from __future__ import annotations

import pytest
from tars_registry.lookup.endpoint import Parsed, parse


def test_every_option() -> None:
    text = "ssl -h h -p 1 -t 2 -w 3 -v 1 -e 1 -g 9 -q 8"
    assert parse(text) == Parsed("h", 1, 2, 2, 3, 1, 1)


@pytest.mark.parametrize(
    "text",
    ["", "TCP -h a", "http -h a", "tcp a", "tcp -h a b", "tcp -ha", "tcp -h a -p -1",
     "tcp -h a -p 65536", "tcp -h a -p 0x50", "tcp -p " + "9" * 5000, "tcp -h", "tcp -e 2"],
)  # fmt: skip
def test_what_a_cpp_registry_rejects_is_rejected(text: str) -> None:
    assert parse(text) is None


def test_a_bad_number_rejects_even_when_a_good_one_follows() -> None:
    assert parse("tcp -h a -p 1:tcp -p 2") is None


@pytest.mark.parametrize("transport", ["tcp", "udp", "ssl"])
@pytest.mark.parametrize("host", ["10.0.0.1", "*", "name.of-host", "::1"])
@pytest.mark.parametrize("port", ["0", "10000", "65535", "65536", "123456"])
@pytest.mark.parametrize("timeout", ["0", "60000", "999999999", "2147483648"])
def test_the_usual_form_means_what_it_means_in_unusual_ones(
    transport: str, host: str, port: str, timeout: str
) -> None:
    words = f"-h {host}", f"-p {port}", f"-t {timeout}"
    usual = parse(f"{transport} {' '.join(words)}")
    assert usual == parse(f"{transport}  {' '.join(words)}")
    assert usual == parse(f"{transport} {' '.join(reversed(words))}")
