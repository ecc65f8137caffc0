"""Whatever the file: right ones compile, import, and please black; wrong ones get messages."""

from __future__ import annotations

import ast
import tempfile
import time
from pathlib import Path

import black
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tars2py.format import format_text

from tars2py import CompileError, compile_files, load
from tests.compiler.random_idl import files

ROOT = Path(__file__).parents[2]
SEEDS = [
    path.read_text(encoding="utf-8")
    for path in (
        ROOT / "docs" / "contracts" / "greeter.tars",
        ROOT / "runtime/tars_runtime/interfaces/idl/tarsregistry.tars",
        ROOT / "tests/idl/defaults_of_every_type/main.tars",
        ROOT / "tests/idl/comments_become_docstrings/main.tars",
    )
]

quick = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def compiled(text: str) -> dict[str, str]:
    """The output for one file, by path."""
    with tempfile.TemporaryDirectory() as folder:
        idl = Path(folder) / "x.tars"
        idl.write_text(text, encoding="utf-8")
        out = Path(folder) / "out"
        result = compile_files([idl], out, cli=True, servant=True)
        return {
            str(path.relative_to(out)): path.read_text(encoding="utf-8")
            for path in result.files
        }


@quick
@given(files())
def test_black_changes_nothing_in_any_output(text: str) -> None:
    for path, output in compiled(text).items():
        ast.parse(output)
        assert black.format_str(output, mode=black.Mode()) == output, path


@quick
@given(files())
def test_output_can_be_imported_and_made(text: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        idl = Path(folder) / "x.tars"
        idl.write_text(text, encoding="utf-8")
        for module in vars(load(idl)).values():
            for name in module.__all__:
                value = getattr(module, name)
                if hasattr(value, "__dataclass_fields__"):
                    assert value() == value()


@quick
@given(files())
def test_formatting_keeps_the_meaning_and_is_done_once(text: str) -> None:
    once = format_text(text)
    assert format_text(once) == once
    before, after = compiled(text), compiled(once)
    assert [*map(essence, before.values())] == [*map(essence, after.values())]


def essence(output: str) -> str:
    """A module without its docstrings: comments may be attached otherwise."""
    tree = ast.parse(output)
    for node in ast.walk(tree):
        if isinstance(node, _WITH_DOCSTRING):
            node.body = [each for each in node.body if not _is_text(each)]
    return ast.dump(tree)


_WITH_DOCSTRING = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


@st.composite
def mutations(draw: st.DrawFn) -> str:
    """A right file with pieces cut out, doubled, moved and put in."""
    text = draw(st.sampled_from(SEEDS))
    for _ in range(draw(st.integers(1, 6))):
        start = draw(st.integers(0, max(0, len(text) - 1)))
        end = min(len(text), start + draw(st.integers(0, 30)))
        piece = draw(
            st.one_of(
                st.just(""),
                st.just(text[start:end] * 2),
                st.sampled_from([*"{}()[]<>;,=:\"'/*#\\-", "::", "/*", "08"]),
                st.text(max_size=5),
            )
        )
        text = text[:start] + piece + text[end:]
    return text


def findings(idl: Path, out: Path) -> list[str]:
    """What the compiler says of a file: every error as it is shown."""
    try:
        compile_files([idl], out)
    except CompileError as error:
        return [*map(str, error.diagnostics), str(error)]
    return []


@settings(quick, max_examples=400)
@given(mutations())
def test_a_wrong_file_gets_messages_and_nothing_else(text: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        idl = Path(folder) / "x.tars"
        idl.write_bytes(text.encode(errors="replace"))
        out = Path(folder) / "out"
        messages = findings(idl, out)
        assert all(messages)
        assert not (messages and out.exists())


@settings(quick, max_examples=150)
@given(st.binary(max_size=200))
def test_any_bytes_get_messages(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        idl = Path(folder) / "x.tars"
        idl.write_bytes(data)
        assert all(findings(idl, Path(folder) / "out"))


@pytest.mark.parametrize(
    ("text", "fails"),
    [
        pytest.param(
            "module A { struct S { 0 require "
            + "vector<" * 3000
            + "int"
            + ">" * 3000
            + " a; }; };",
            True,
            id="3000_nested_vectors",
        ),
        pytest.param(
            "module A { struct S { 0 require " + "vector<" * 3000,
            True,
            id="3000_open_vectors",
        ),
        pytest.param("module A { " * 3000, True, id="3000_open_modules"),
        pytest.param("{" * 50000, True, id="50000_braces"),
        pytest.param("/*" + "a * / " * 900_000 + "*/", False, id="5_mb_comment"),
        pytest.param("// " + "x" * 5_000_000, False, id="5_mb_line"),
        pytest.param("/* " * 300_000, True, id="comment_never_closed"),
        pytest.param('"' + "a\\n" * 500_000 + '"', True, id="1_mb_string"),
        pytest.param('"' + "a\\n" * 500_000, True, id="1_mb_string_never_closed"),
        pytest.param("module A { struct S { " + "x; " * 100_000, True, id="mistakes"),
        pytest.param(
            "module A { struct S { "
            + " ".join(f"{i} require X{i} a{i};" for i in range(5000))
            + " }; };",
            True,
            id="5000_unknown_types",
        ),
        pytest.param('"' * 100_001, True, id="quotes"),
        pytest.param(
            "module A { "
            + "".join(f"struct S{i} {{ 0 require S{i + 1} a; }}; " for i in range(3000))
            + "struct S3000 { 0 require int a; }; };",
            False,
            id="3000_structs_in_a_chain",
        ),
    ],
)
def test_large_inputs_end_soon(tmp_path: Path, text: str, fails: bool) -> None:
    idl = tmp_path / "x.tars"
    idl.write_text(text)
    begun = time.perf_counter()
    if fails:
        with pytest.raises(CompileError):
            compile_files([idl], tmp_path / "out")
    else:
        compile_files([idl], tmp_path / "out")
    assert time.perf_counter() - begun < 30, "seconds, with room for a busy machine"


def test_20000_structs_end_soon(tmp_path: Path) -> None:
    idl = tmp_path / "x.tars"
    idl.write_text(
        "module A {\n"
        + "".join(
            f"struct S{i} {{ 0 require int a; 1 optional string b; }};\n"
            for i in range(20_000)
        )
        + "};\n"
    )
    begun = time.perf_counter()
    compile_files([idl], tmp_path / "out")
    assert time.perf_counter() - begun < 60, "seconds, with room for a busy machine"
