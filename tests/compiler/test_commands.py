"""check, decode, call, new, and what the command line says when it is called wrongly."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tars2py.cli import main
from tars_runtime import codec
from tars_runtime.interfaces.tars import ResponsePacket
from tars_runtime.protocol import Request, send_request

import tars2py

GREETER = Path(__file__).parents[2] / "docs" / "contracts" / "greeter.tars"


def run(*arguments: str) -> int:
    try:
        return main(arguments)
    except SystemExit as stopped:
        return int(stopped.code or 0)


# -- check ---------------------------------------------------------------------------------


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


# -- decode --------------------------------------------------------------------------------


def greeting() -> Any:
    demo = tars2py.load(GREETER).Demo
    return demo.Greeting(name="Ann", mood=1, labels={"a": "b"}, seal=b"\x01")


def decoded(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    assert run("decode", "--line", *arguments) == 0
    lines = capsys.readouterr().out.splitlines()
    return json.loads(lines[0]) if len(lines) == 1 else [*map(json.loads, lines)]


def test_decode_without_a_schema(capsys: pytest.CaptureFixture[str]) -> None:
    assert decoded(capsys, "--hex", "06 03 416e6e  10 01") == [
        {"tag": 0, "type": "STRING1", "value": "Ann"},
        {"tag": 1, "type": "INT8", "value": 1},
    ]


def test_decode_a_struct(capsys: pytest.CaptureFixture[str]) -> None:
    data = codec.encode(greeting()).hex()
    shown = decoded(
        capsys, "--hex", data, "--schema", str(GREETER), "--type", "Demo::Greeting"
    )
    assert shown["name"] == "Ann"
    assert shown["mood"] == 1
    assert shown["labels"] == {"a": "b"}
    assert shown["home"] == {"city": "", "floor": -1}


def test_decode_frames_by_the_names_of_a_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    demo = tars2py.load(GREETER).Demo
    method = demo.GreeterServant.__tars__[0]
    request = Request(
        request_id=7,
        servant="A.B.Obj",
        function="greet",
        body=method.arguments.build((greeting(),)),
    )
    file = tmp_path / "capture"
    file.write_bytes(send_request(request) * 2)
    shown = decoded(
        capsys, "--as", "frame", "--file", str(file), "--schema", str(GREETER)
    )
    assert len(shown) == 2
    assert shown[0]["packet"] == "request"
    assert (shown[0]["sServantName"], shown[0]["iRequestId"]) == ("A.B.Obj", 7)
    assert shown[0]["body"]["greeting"]["name"] == "Ann"
    bare = decoded(capsys, "--as", "frame", "--file", str(file))
    assert bare[0]["body"][0]["type"] == "STRUCT_BEGIN"


def test_decode_a_response(capsys: pytest.CaptureFixture[str]) -> None:
    demo = tars2py.load(GREETER).Demo
    method = demo.GreeterServant.__tars__[0]
    reply = demo.GreeterGreetReply(ret=3, text="hi", seen=[demo.Place(city="Ulm")])
    packet = ResponsePacket(
        iVersion=1, iRequestId=1, sBuffer=method.result.build(reply)
    )
    shown = decoded(
        capsys,
        *("--as", "packet", "--hex", codec.encode(packet).hex()),
        *("--schema", str(GREETER), "--method", "Demo::Greeter.greet"),
    )
    assert shown["packet"] == "response"
    assert shown["body"]["ret"] == 3
    assert shown["body"]["seen"] == [{"city": "Ulm", "floor": -1}]


# -- new -----------------------------------------------------------------------------------


def test_a_new_project_passes_its_own_tests(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "hello"
    assert run("new", "Demo.HelloServer.GreeterObj", str(folder)) == 0
    assert capsys.readouterr().out.endswith(f"next: {folder / 'README.md'}\n")
    for file in folder.rglob("*"):
        if file.is_file() and file.suffix != ".typed":
            text = file.read_text()
            assert text.endswith("\n")
            assert "{{" not in text
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "2 passed" in done.stdout, done.stdout + done.stderr


def free_ports() -> tuple[int, int]:
    with socket.socket() as one, socket.socket() as other:
        for each in (one, other):
            each.bind(("127.0.0.1", 0))
        return one.getsockname()[1], other.getsockname()[1]


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A new project whose server runs: its folder, and the object with its endpoint."""
    folder = tmp_path / "hello"
    assert run("new", "Demo.HelloServer.GreeterObj", str(folder)) == 0
    port, admin = free_ports()
    conf = folder / "local.conf"
    text = conf.read_text().replace("-p 18600", f"-p {port}")
    conf.write_text(text.replace("-p 18601", f"-p {admin}"))
    server = subprocess.Popen(
        [sys.executable, "server.py", "--config=local.conf"], cwd=folder
    )
    try:
        deadline = time.monotonic() + 30
        while not listens(port):
            assert server.poll() is None
            assert time.monotonic() < deadline, "the server does not listen"
            time.sleep(0.05)
        yield folder, f"Demo.HelloServer.GreeterObj@tcp -h 127.0.0.1 -p {port}"
    finally:
        server.terminate()
        assert server.wait(30) == 0


def listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def test_a_new_project_serves_its_client_and_tars2py_call(
    serving: tuple[Path, str], capfd: pytest.CaptureFixture[str]
) -> None:
    folder, target = serving
    done = subprocess.run(
        [sys.executable, "client.py", "Ann", target],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout == "Hello, Ann!\n", done.stderr
    idl = str(folder / "Greeter.tars")
    capfd.readouterr()
    assert run("call", idl, target, "--json", "hello", "--request.name=Bo") == 0
    assert json.loads(capfd.readouterr().out) == {"text": "Hello, Bo!", "number": 2}
    assert run("call", idl, target, "hello") == 1
    assert "expected a name, got none" in capfd.readouterr().err
    assert run("call", idl, target, "hello", "--request.nme=x") == 2
    assert run("call", "--interface", "Greter", idl, target, "hello") == 2


@pytest.mark.parametrize("name", ["json.S.XObj", "A.B.A", "tars.b_c.Obj"])
def test_names_that_need_care(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "it"
    assert run("new", name, str(folder)) == 0
    assert run("check", "--werror", *map(str, folder.glob("*.tars"))) == 0


def test_a_name_that_the_language_refuses(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("new", "module.B.C", str(tmp_path / "it")) == 1
    assert "reserved word" in capsys.readouterr().err
    assert not (tmp_path / "it").exists()


def test_a_folder_with_something_in_it_is_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine").write_text("")
    assert run("new", "A.B.C", str(tmp_path)) == 2
    assert "expected an empty folder" in capsys.readouterr().err


# -- nothing changed -----------------------------------------------------------------------


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


# -- files and folders ---------------------------------------------------------------------


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
