"""The native engine keeps nothing, and nothing that happens while it works harms it."""

from __future__ import annotations

import codecs
import gc
import resource
import sys
import threading
import weakref
from contextlib import suppress
from dataclasses import dataclass, field, make_dataclass
from typing import Any

import pytest
from tars_runtime import codec
from tars_runtime.codec import engines
from tars_runtime.codec.native.program import AVAILABLE, WHY_NOT

from tests.codec.engines import Engine, every
from tests.wire import vec

pytestmark = pytest.mark.skipif(
    not AVAILABLE, reason=f"the native engine is not built: {WHY_NOT}"
)


def resident() -> int:
    """Kilobytes of memory in use."""
    with open("/proc/self/statm") as text:
        return int(text.read().split()[1]) * resource.getpagesize() // 1024


PACKET = vec.RequestPacket(
    iVersion=1,
    iRequestId=70000,
    sServantName="Demo.HelloServer.HelloObj",
    sBuffer=bytes(64),
    context={"key": "value"},
)


def test_memory_stands_still_over_a_million_messages() -> None:
    native = Engine("native", codec.schema(vec.RequestPacket))
    data = native.build(PACKET)

    def run(times: int) -> None:
        for _ in range(times):
            native.build(native.parse(data))

    run(10_000)
    before = resident()
    run(500_000)  # a million messages: one parsed and one built each
    assert resident() - before < 1024


def test_memory_stands_still_over_refusals() -> None:
    native = Engine("native", codec.schema(vec.Outer))
    data = native.build(vec.Outer(v=[vec.Inner(name="x" * 50)] * 5, m={1: vec.Inner()}))
    broken = [data[:size] for size in range(len(data))]
    wrong = vec.Outer(v=[vec.Inner(), "no struct"])  # type: ignore[list-item]

    def run(times: int) -> None:
        for number in range(times):
            with pytest.raises(codec.EncodeError):
                native.build(wrong)
            try:
                native.parse(broken[number % len(broken)])
            except codec.DecodeError:
                continue

    run(1_000)
    before = resident()
    run(5_000)
    assert resident() - before < 1024


def test_references_are_balanced() -> None:
    """Objects that messages share are referred to as often after as before."""
    native = Engine("native", codec.schema(vec.Opt))
    shared: list[Any] = [vec.Opt, vec.Inner, vec.Color.GREEN, "dflt", 1.5, None, b""]
    value = vec.Opt(s="text", v=[1, 2], m={"a": "b"}, vb=b"\1", st=vec.Inner(name="n"))
    held: list[Any] = [value.s, value.v, value.m, value.vb, value.st, value.st.name]
    data = native.build(value)

    def counts() -> list[int]:
        gc.collect()
        return [sys.getrefcount(each) for each in shared + held]

    for given in (data, b"", data[:7], b"\x0e" + data):
        native.build(value)
        before = counts()
        for _ in range(500):
            native.build(value)
            with suppress(codec.DecodeError):
                native.parse(given)
        after = counts()
        moved = [abs(new - old) for old, new in zip(before, after, strict=True)]
        assert max(moved) < 50, moved


@pytest.mark.parametrize("name", ["native", "compiled", "interpreted"])
def test_a_schema_and_its_class_can_be_collected(name: str) -> None:
    cls = make_dataclass("Passing", [("x", int, 0)], slots=True)
    schema: Any = codec.struct(cls, codec.require(0, "x", codec.INT))
    if name != "interpreted":
        assert engines.use(schema, name)
    schema.parse(schema.build(cls()))
    seen = weakref.ref(cls)
    del cls, schema
    gc.collect()
    assert seen() is None


@dataclass(slots=True)
class Guest:
    ids: list[Any] = field(default_factory=list)
    names: dict[Any, Any] = field(default_factory=dict)


codec.struct(
    Guest,
    codec.require(0, "ids", codec.vector(codec.INT)),
    codec.require(1, "names", codec.map_of(codec.INT, codec.STRING)),
)


@dataclass(slots=True)
class Named:
    names: list[str] = field(default_factory=list)
    ages: dict[str, int] = field(default_factory=dict)


codec.struct(
    Named,
    codec.require(0, "names", codec.vector(codec.STRING)),
    codec.require(1, "ages", codec.map_of(codec.STRING, codec.INT)),
)


def test_hooks_that_change_containers_do_no_harm() -> None:
    class Sly:
        """An integer by its ``__index__``, which empties what it stands in."""

        def __index__(self) -> int:
            guest.ids.clear()
            guest.names.clear()
            return 5

    for engine in every(codec.schema(Guest)):
        guest = Guest(ids=[1, Sly(), 3, 4])
        assert engine.parse(engine.build(guest)).ids == [1, 5, 3, 4], engine.name
        guest = Guest(names={Sly(): "a", 2: "b"})
        data = engine.build(guest)
        assert engine.parse(data).names == {5: "a", 2: "b"}, engine.name


def test_text_codecs_that_change_containers_do_no_harm() -> None:
    """A codec of strings may be Python code; it then runs while a message is written."""
    value = Named()

    def encode(text: str, _errors: str = "strict") -> tuple[bytes, int]:
        value.names.clear()
        value.ages.clear()
        return text.encode(), len(text)

    def sly(name: str) -> codecs.CodecInfo | None:
        return codecs.CodecInfo(encode, codecs.utf_8_decode) if name == "sly" else None

    codecs.register(sly)
    try:
        options = codec.Options(text="sly")
        for _ in range(50):
            value = Named([f"\u00e9{n}" for n in range(300)], {"\u00e9": 1, "b": 2})
            data = codec.encode(value, options=options)
            assert codec.decode(Named, data) == Named(
                [f"\u00e9{n}" for n in range(300)]
            )
    finally:
        codecs.unregister(sly)


def test_another_thread_that_changes_containers_does_no_harm() -> None:
    """What is written is some state of them: its count and its elements agree."""
    for engine in every(codec.schema(Guest)):
        guest = Guest(ids=[7] * 500, names=dict.fromkeys(range(300), "x"))
        done = threading.Event()

        def change(guest: Guest = guest, done: threading.Event = done) -> None:
            number = 0
            while not done.is_set():
                number += 1
                guest.ids[:] = [7] * (number % 700)
                guest.names[number % 400] = "y"
                guest.names.pop((number * 7) % 400, None)

        thread = threading.Thread(target=change)
        interval = sys.getswitchinterval()
        sys.setswitchinterval(1e-5)
        thread.start()
        try:
            for _ in range(150):
                with suppress(codec.EncodeError):  # "expected a map at rest"
                    data = engine.build(guest)
                    assert set(engine.parse(data).ids) <= {7}
        finally:
            done.set()
            thread.join()
            sys.setswitchinterval(interval)


def test_many_threads_may_use_one_schema_from_the_first_call_on() -> None:
    cls = make_dataclass("Shared", [("x", int, 0)], slots=True)
    schema: Any = codec.struct(cls, codec.require(0, "x", codec.INT))
    start = threading.Barrier(8)
    wrong: list[object] = []

    def work() -> None:
        start.wait()
        for number in range(300):
            if schema.parse(schema.build(cls(number))).x != number:
                wrong.append(number)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_program_that_is_not_made_refuses_to_work() -> None:
    from tars_runtime.codec._native import Program

    empty = Program.__new__(Program)
    for call in (empty.parse, empty.build):
        with pytest.raises(RuntimeError, match="not ready"):
            call(b"")
    with pytest.raises((TypeError, ValueError)):
        Program((("no kind",),), (0, 0, 0), None, len, len, 1, 1, 1, 1)  # type: ignore[arg-type]
    for row in ((99,), (), (7, 5, 0), (10, 5, 5, 5)):
        with pytest.raises((TypeError, ValueError, SystemError)):
            Program((row,), (0, 0, 0), None, len, len, 1, 1, 1, 1)  # type: ignore[arg-type]
