"""What the command line says, writes and spares: wrong calls, other hands, runs without news."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.compiler.command import GREETER, run


def test_check_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("check", str(GREETER)) == 0
    assert not list(tmp_path.iterdir())


def test_findings_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "a.tars"
    file.write_text("module A\n{\n    enum E { X, X };\n    struct S { };\n};\n")
    assert run("check", "--diagnostics=json", str(file)) == 1
    (found,) = map(json.loads, capsys.readouterr().out.splitlines())
    assert found == {
        "severity": "error",
        "message": "enum E has 'X' already: expected another name",
        "file": str(file),
        "line": 3,
        "column": 17,
        "end_line": 3,
        "end_column": 18,
        "notes": [
            {
                "message": "the first one is here",
                "file": str(file),
                "line": 3,
                "column": 14,
                "end_line": 3,
                "end_column": 15,
            }
        ],
    }


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        ([], 2, "required: FILE"),
        (["--nonsense", "a.tars"], 2, "unrecognized arguments: --nonsense"),
        (["none.tars"], 1, "got 'none.tars': no such file or directory"),
        (["."], 1, "got '.': is a directory"),
        (
            [str(GREETER), "--import", "x"],
            2,
            "expected --import MODULE=PACKAGE, got 'x'",
        ),
        ([str(GREETER), "--package", "my out"], 2, "expected a package"),
        ([str(GREETER), "--package", "a.class"], 2, "got 'a.class'"),
        ([str(GREETER), "--import", "Demo=a..b"], 2, "expected a package"),
        (
            [str(GREETER), "-o", "/dev/null/x"],
            2,
            "expected a folder that can be written",
        ),
        (
            [str(GREETER), "--encoding", "utf-0"],
            1,
            "expected an encoding that Python knows",
        ),
        (["check"], 2, "required: FILE"),
        (["decode", "--hex", "0g"], 2, "expected hexadecimal digits"),
        (["decode", "--hex", "06"], 2, "these bytes are no struct"),
        (["decode", "--file", "none"], 2, "got 'none': no such file or directory"),
        (["decode", "--hex", "00", "--type", "A"], 2, "expected --schema FILE.tars"),
        (["decode", "--as", "frame", "--hex", "00000001"], 2, "got a length of 1"),
        (["new", "A.B", "x"], 2, "expected App.Server.ServantObj"),
        (["new", "A.B.C", "/dev/null"], 2, "expected an empty folder"),
        (["call", "none.tars", "A.B.C", "f"], 1, "got 'none.tars'"),
    ],
)
def test_a_wrong_call_is_one_line(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    code: int,
    says: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(*arguments) == code
    assert says in capsys.readouterr().err


def test_no_file_speaks_to_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    idl = tmp_path / "sly.tars"
    idl.write_text('module "\x1b[2J" \x1b[31m { };\n#include "\x1b[2J.tars"\n')
    assert run("check", str(idl)) == 1
    shown = capsys.readouterr().err
    assert "got '\" [2J\"'" in shown
    assert shown.replace("\n", "").isprintable()


def test_all_files_are_written_or_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    idl = tmp_path / "two.tars"
    idl.write_text("module A { const int X = 1; }; module B { const int Y = 2; };")
    out = tmp_path / "out"
    out.mkdir()
    (out / "B").write_text("in the way")
    assert run(str(idl), "-o", str(out)) == 2
    assert f"got '{out / 'B'}'" in capsys.readouterr().err
    assert [each for each in out.rglob("*") if each.is_file()] == [out / "B"]


def test_a_file_by_another_hand_is_not_overwritten(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "Demo").mkdir()
    mine = tmp_path / "Demo" / "_greeter.py"
    mine.write_text("mine = 1\n")
    assert run(str(GREETER), "-o", str(tmp_path)) == 2
    assert "expected a file that tars2py wrote" in capsys.readouterr().err
    assert mine.read_text() == "mine = 1\n"


def test_two_parts_with_one_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.tars").write_text(
            "module M { struct S { 0 require int a; }; };"
        )
    assert run(str(tmp_path / "a.tars"), "-o", str(tmp_path)) == 0
    assert run(str(tmp_path / "b.tars"), "-o", str(tmp_path)) == 2
    assert "expected one 'S' in package M" in capsys.readouterr().err


def test_two_files_of_one_stem(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x.tars").write_text(
            f"module M {{ struct {name.upper()} {{ 0 require int a; }}; }};"
        )
    files = [str(tmp_path / name / "x.tars") for name in ("a", "b")]
    assert run(*files, "-o", str(tmp_path)) == 0
    assert sorted(path.name for path in (tmp_path / "M").iterdir()) == [
        "__init__.py",
        "_a_x.py",
        "_b_x.py",
        "py.typed",
    ]
    assert "interfaces of ``a_x.tars``." in (tmp_path / "M" / "_a_x.py").read_text()


def test_a_file_whose_name_is_no_python_name(tmp_path: Path) -> None:
    idl = tmp_path / "my-file.v2.tars"
    idl.write_text("module M { const int X = 1; };")
    assert run(str(idl), "-o", str(tmp_path)) == 0
    text = (tmp_path / "M" / "_my_file_v2.py").read_text()
    assert "interfaces of ``my-file.v2.tars``." in text


def test_a_file_beside_the_including_one_goes_before_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a.tars").write_text('#include "b.tars"\nmodule A { };')
    (tmp_path / "sub" / "b.tars").write_text("module B { const int HERE = 1; };")
    (tmp_path / "b.tars").write_text("module B { const int THERE = 1; };")
    monkeypatch.chdir(tmp_path)
    assert run("sub/a.tars", "-o", "out") == 0
    assert "took the one beside this file" in capsys.readouterr().err
    assert "HERE: Final = 1" in Path("out/B/_b.py").read_text()


def test_output_depends_on_the_input_alone(tmp_path: Path) -> None:
    """Neither on the folder, nor on the order of hashes."""
    outputs = []
    for number in range(3):
        folder = tmp_path / f"place{number}" / "deeper"
        folder.mkdir(parents=True)
        (folder / "greeter.tars").write_bytes(GREETER.read_bytes())
        subprocess.run(
            [sys.executable, "-m", "tars2py", "greeter.tars", "--cli", "--servant"],
            cwd=folder,
            env={**os.environ, "PYTHONHASHSEED": str(number)},
            check=True,
            timeout=60,
        )
        outputs.append(
            {
                path.relative_to(folder): path.read_bytes()
                for path in folder.rglob("*.py")
            }
        )
    assert len(outputs[0]) == 4
    assert outputs[0] == outputs[1] == outputs[2]


def test_a_module_that_is_compiled_elsewhere(tmp_path: Path) -> None:
    idl = tmp_path / "a.tars"
    idl.write_text(
        '#include "EndpointF.tars"\n'
        "module A { struct S { 0 require vector<tars::EndpointF> e; }; };"
    )
    framework = GREETER.parents[2] / "runtime/tars_runtime/interfaces/idl"
    elsewhere = "--import=tars=tars_runtime.interfaces.tars"
    assert run(str(idl), "-I", str(framework), elsewhere, "-o", str(tmp_path)) == 0
    assert not (tmp_path / "tars").exists()
    text = (tmp_path / "A" / "_a.py").read_text()
    assert "from tars_runtime.interfaces.tars._EndpointF import EndpointF" in text


@pytest.mark.parametrize("options", [["--format=black"], ["--verify"]])
def test_proofs_change_nothing(tmp_path: Path, options: list[str]) -> None:
    assert run(str(GREETER), "-o", str(tmp_path / "a")) == 0
    assert run(str(GREETER), "-o", str(tmp_path / "b"), *options) == 0
    for name in ("__init__.py", "_greeter.py"):
        one, other = (tmp_path / each / "Demo" / name for each in "ab")
        assert one.read_bytes() == other.read_bytes()


def test_a_run_that_changes_nothing_imports_neither_lark_nor_jinja2(
    tmp_path: Path,
) -> None:
    idl = tmp_path / "a.tars"
    idl.write_text('#include "b.tars"\nmodule A { };')
    (tmp_path / "b.tars").write_text("module B { };")
    program = (
        "import sys; from tars2py.cli import main; "
        "code = main(sys.argv[1:]); "
        "print(code, 'lark' in sys.modules or 'jinja2' in sys.modules)"
    )

    def compiled() -> str:
        done = subprocess.run(
            [sys.executable, "-c", program, str(idl), "-o", str(tmp_path / "out")],
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        return done.stdout.strip()

    assert compiled() == "0 True"
    assert compiled() == "0 False"
    (tmp_path / "b.tars").write_text("module B { const int X = 1; };")
    assert compiled() == "0 True", "an included file changed"
    assert compiled() == "0 False"
    (tmp_path / "out" / "B" / "_b.py").unlink()
    assert compiled() == "0 True", "a file of the output is gone"
    assert compiled() == "0 False"


def test_a_cache_that_is_gone_costs_time_and_nothing_else(tmp_path: Path) -> None:
    program = (
        "import shutil, sys, tars2py; idl, out = sys.argv[1:]; tars2py.load(idl); "
        "shutil.rmtree('cache'); tars2py.compile_files([idl], out, servant=True)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(GREETER), str(tmp_path / "out")],
        cwd=tmp_path,
        env={**os.environ, "TARS2PY_CACHE": str(tmp_path / "cache")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out" / "greeter_servant.py").exists()


@pytest.mark.parametrize("part", ["lark", "jinja2"])
def test_what_to_install_is_said(tmp_path: Path, part: str) -> None:
    code = f"import sys; sys.modules[{part!r}] = None\n"
    code += "from tars2py.cli import main; sys.exit(main())"
    words = [sys.executable, "-c", code, str(GREETER), "--out", str(tmp_path)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert done.stderr == (
        f"tars2py: error: expected the compiler's parts, got no {part}: "
        "pip install 'tars2py[compiler]'\n"
    )
