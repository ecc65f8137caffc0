"""The build hook: the native engine where a compiler is, a pure package elsewhere."""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
pytest.importorskip("hatchling", reason="the build backend is not installed here")
pytest.importorskip("setuptools", reason="setuptools finds the compiler")


@pytest.fixture
def hook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The hook over a copy of the sources, as the backend makes it."""
    from hatchling.bridge.app import Application

    for name in ("TARS_PURE", "TARS_REQUIRE_NATIVE"):
        monkeypatch.delenv(name, raising=False)
    spec = importlib.util.spec_from_file_location(
        "hatch_build", ROOT / "hatch_build.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    package = tmp_path / module.PACKAGE
    shutil.copytree(ROOT / module.PACKAGE / "native", package / "native")
    given: tuple[Any, ...] = (str(tmp_path), {}, None, None, str(tmp_path), "wheel")
    made = module.NativeCodec(*given, Application())
    yield made
    made.finalize()


def built(hook: Any, version: str = "standard") -> dict[str, Any]:
    data: dict[str, Any] = {"pure_python": True, "force_include": {}}
    hook.initialize(version, data)
    return data


@pytest.mark.skipif(shutil.which("cc") is None, reason="there is no C compiler here")
def test_a_compiler_makes_a_wheel_of_this_platform(hook: Any) -> None:
    data = built(hook)
    assert data["pure_python"] is False
    assert data["infer_tag"] is True
    (target,) = data["force_include"].values()
    assert target.startswith("tars_runtime/codec/_native.")
    (made,) = map(Path, data["force_include"])
    assert made.is_file()
    hook.finalize("standard", data, "")
    assert not made.exists(), "nothing stays behind once the wheel is made"


@pytest.mark.skipif(shutil.which("cc") is None, reason="there is no C compiler here")
def test_an_editable_install_has_it_beside_the_sources(
    hook: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "runtime" / "tars_runtime" / "codec"
    another = package / "_native.cpython-399-x86_64-linux-gnu.so"
    another.touch()
    assert built(hook, "editable")["force_include"] == {}
    assert len(list(package.glob("_native.*"))) == 2
    monkeypatch.setenv("TARS_PURE", "1")
    built(hook, "editable")
    assert list(package.glob("_native.*")) == [another], "ours would be imported"


@pytest.mark.parametrize("variable", ["TARS_PURE", "CC"])
def test_without_a_compiler_the_package_is_pure(
    hook: Any, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "1" if variable == "TARS_PURE" else "/no/compiler")
    assert built(hook) == {"pure_python": True, "force_include": {}}


def test_ci_can_require_the_native_engine(
    hook: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CC", "/no/compiler")
    monkeypatch.setenv("TARS_REQUIRE_NATIVE", "1")
    with pytest.raises(RuntimeError, match="expected the native codec"):
        built(hook)
