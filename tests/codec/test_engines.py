"""Which engine runs: what ``TARS_CODEC`` says, what is there, and when a type is promoted."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import make_dataclass
from typing import Any

import pytest
from tars_runtime import codec
from tars_runtime.codec import engines
from tars_runtime.codec.native import program
from tars_runtime.codec.native.program import AVAILABLE


def asked(**variables: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **variables}
    words = [sys.executable, "-m", "tars_runtime.codec"]
    return subprocess.run(words, capture_output=True, text=True, env=environment)


@pytest.mark.parametrize("engine", ["compiled", "interpreted"])
def test_the_variable_forces_an_engine(engine: str) -> None:
    done = asked(TARS_CODEC=engine)
    assert done.stdout.startswith(f"{engine}: ")
    assert f"TARS_CODEC={engine} asks for it" in done.stdout


def test_the_best_engine_runs_unless_told() -> None:
    done = asked(TARS_CODEC="")
    assert done.stdout.startswith("native: " if AVAILABLE else "compiled: ")


def test_a_wrong_name_is_refused_with_what_to_do() -> None:
    with pytest.raises(ValueError, match="unset it for the best"):
        engines.choose("rust")


def test_an_engine_that_is_not_there_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(engines, "AVAILABLE", False)
    monkeypatch.setattr(engines, "WHY_NOT", "no module named _native")
    assert engines.choose("") == "compiled"
    with pytest.raises(ValueError, match="install with a C compiler, or unset"):
        engines.choose("native")


def test_an_extension_older_than_the_sources_is_none() -> None:
    code = """
import sys, types
sys.modules["tars_runtime.codec._native"] = old = types.ModuleType("_native")
old.Program = object
import tars_runtime.protocol
from tars_runtime.codec.engines import ENGINE, WHY_NOT
print(ENGINE, WHY_NOT)
"""
    environment = {k: v for k, v in os.environ.items() if k != "TARS_CODEC"}
    command = [sys.executable, "-c", code]
    said = subprocess.check_output(command, text=True, env=environment)
    assert said.startswith("compiled cannot import name 'Envelope'")


def fresh() -> Any:
    cls = make_dataclass("Fresh", [("x", int, 0)], slots=True)
    return codec.struct(cls, codec.require(0, "x", codec.INT))


def test_a_type_is_compiled_after_some_uses_and_then_called_directly(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(engines, "ENGINE", "compiled")
    schema = fresh()
    for number in range(engines.WARM - 1):
        assert schema.parse(schema.encode(schema.cls(number))).x == number
        assert "parse" not in vars(schema)
    bound = schema.parse
    assert bound(b"\x0c").x == 0
    assert vars(schema)["parse"].__name__.startswith("parse_")
    assert bound(b"\x00\x05").x == 5, "a method taken before still works"


def test_the_interpreted_engine_never_compiles(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "ENGINE", "interpreted")
    schema = fresh()
    for _ in range(3 * engines.WARM):
        schema.build(schema.parse(b"\x0c"))
    assert "parse" not in vars(schema)


@pytest.mark.skipif(not AVAILABLE, reason=f"not built: {program.WHY_NOT}")
def test_the_native_engine_serves_from_the_first_use(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(engines, "ENGINE", "native")
    schema = fresh()
    schema.parse(b"\x0c")
    assert vars(schema)["parse"].__self__ is schema.program


@pytest.mark.skipif(not AVAILABLE, reason=f"not built: {program.WHY_NOT}")
def test_a_slot_of_another_class_is_none_for_the_native_engine() -> None:
    wide = make_dataclass("Wide", [(f"m{n}", int, 0) for n in range(50)], slots=True)
    schema = fresh()
    assert program.program(schema) is not None
    schema.cls.x = vars(wide)["m49"]  # its offset is beyond the end of a Fresh
    assert program.program(schema) is None


def test_a_schema_too_deep_for_the_limit_stays_with_the_reference(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(engines, "ENGINE", "compiled")
    of: codec.Type[Any] = codec.INT
    value: Any = 5
    for _ in range(65):
        of, value = codec.vector(of), [value]
    for _ in range(2 * engines.WARM):
        with pytest.raises(codec.EncodeError, match="at most 64 nested values"):
            of.build(value)


def test_what_is_exported_can_be_imported() -> None:
    for name in codec.__all__:
        assert getattr(codec, name) is not None
