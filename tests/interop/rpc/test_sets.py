"""A server in a set that checks it: only clients that tell theirs are served."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.interop.conftest import available
from tests.interop.peers import OBJECT, free_port
from tests.interop.rpc.test_matrix import FOREIGN

pytestmark = pytest.mark.interop

SET = "interop.north.1"
NEIGHBOUR = "interop.north.2"
STRANGER = "interop.south.1"


@pytest.fixture(scope="module")
def strict() -> Iterator[str]:
    """Our server in a set, as ``checkset`` is by default."""
    port, options = free_port(), ("--set", SET, "--checkset", "1")
    with available("python").serving(port, name="strict", options=options):
        yield f"{OBJECT}@tcp -h 127.0.0.1 -p {port} -t 60000"


@pytest.mark.parametrize("language", FOREIGN)
def test_other_libraries_do_not_tell_theirs(language: str, strict: str) -> None:
    (answer,) = available(language).place(strict, [1], set=SET)
    assert answer.startswith("error")
    assert "set" in answer


def test_ours_does(strict: str) -> None:
    place = available("python").place
    assert place(strict, [1], set=SET) == ["strict"]
    assert place(strict, [1], set=NEIGHBOUR) == ["strict"]
    (answer,) = place(strict, [1], set=STRANGER)
    assert "-11" in answer
