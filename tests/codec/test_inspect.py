"""Bytes without a schema."""

from __future__ import annotations

import pytest
from tars_runtime import codec
from tars_runtime.codec import inspect

from tests.wire import vec

SHOWN = """\
0 STRUCT
  0 INT8 1
  1 STRING1 "one"
1 STRUCT
  0 ZERO 0
2 LIST of 1
  0 STRUCT
    0 INT16 300
3 MAP of 1
  0 INT8 7
  1 STRUCT
    0 ZERO 0
5 MAP of 1
  0 STRING1 "k"
  1 MAP of 0"""


def test_a_message_is_shown_as_lines() -> None:
    value = vec.Outer(
        a=vec.Inner(id=1, name="one"),
        v=[vec.Inner(id=300)],
        m={7: vec.Inner()},
        mm={"k": {}},
    )
    assert inspect.show(inspect.read(codec.encode(value))) == SHOWN


def test_every_golden_vector_can_be_read() -> None:
    for name, record in vec.RECORDS.items():
        data = bytes.fromhex(record["hex"])
        members = inspect.read(data[4:] if record["form"] == "frame" else data)
        assert inspect.show(members), name


def test_scalars_and_offsets() -> None:
    data = bytes.fromhex("053ff8000000000000" "1d0000020102" "f6200261ff" "4c")
    members = inspect.read(data)
    assert [each.type for each in members] == [
        "DOUBLE",
        "SIMPLE_LIST",
        "STRING1",
        "ZERO",
    ]
    assert [each.value for each in members] == [1.5, b"\1\2", "a\udcff", 0]
    assert [each.offset for each in members] == [0, 9, 15, 20]


@pytest.mark.parametrize("text", ["0e", "0a", "0900ff", "0605", "0a" * 100, "0802"])
def test_broken_bytes_are_refused(text: str) -> None:
    with pytest.raises(codec.DecodeError):
        inspect.read(bytes.fromhex(text))
