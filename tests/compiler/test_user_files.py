"""``--servant`` and ``--cli``, on the registry's own interface: what they write runs."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from tars2py.cli import main
from tars2py.pipeline.compile import compile_files
from tars_runtime.commandline import program

IDL = Path(__file__).parents[2] / "runtime" / "tars_runtime" / "interfaces" / "idl"
CONTRACTS = Path(__file__).parents[2] / "docs" / "contracts"

Load = Callable[[str], ModuleType]


class FakeChannel:
    """Notes what is called, answers what it was told to."""

    object_name = "App.Server.Obj"

    def __init__(self, answer: object = None) -> None:
        self.answer = answer
        self.calls: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = []

    async def call(self, method: Any, arguments: tuple[Any, ...], **rest: Any) -> Any:
        self.calls.append((method.name, arguments, rest))
        return self.answer


class FakeCommunicator:
    """A communicator whose every proxy leads to one channel."""

    def __init__(self, channel: FakeChannel) -> None:
        self.channel = channel
        self.objects: list[str] = []

    def __call__(self, *, locator: str | None) -> FakeCommunicator:
        self.locator = locator
        return self

    async def __aenter__(self) -> FakeCommunicator:
        return self

    async def __aexit__(self, *error: object) -> None:
        pass

    def proxy(self, kind: Callable[[FakeChannel], Any], name: str) -> Any:
        self.objects.append(name)
        return kind(self.channel)


@pytest.fixture
def registry_cli(tmp_path: Path, load: Load) -> ModuleType:
    compile_files([IDL / "tarsregistry.tars"], tmp_path, cli=True)
    return load("tarsregistry_cli")


@pytest.fixture
def greeter_cli(tmp_path: Path, load: Load) -> ModuleType:
    compile_files([CONTRACTS / "greeter.tars"], tmp_path, cli=True)
    return load("greeter_cli")


def run(
    module: ModuleType, monkeypatch: pytest.MonkeyPatch, answer: object, *arguments: str
) -> tuple[int, FakeChannel]:
    channel = FakeChannel(answer)
    monkeypatch.setattr(program, "Communicator", FakeCommunicator(channel))
    code = module.main(["--object", "A.B.Obj", *arguments])
    return code, channel


def test_fields_are_flags_with_dots(
    registry_cli: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, channel = run(
        registry_cli,
        monkeypatch,
        None,
        "--timeout=0.5",
        "onStartup",
        "--req.nodeName=10.0.0.7",
        "--req.application",
        "Demo",
        "--req.disableFlow=true",
    )
    assert code == 0
    ((name, (request,), rest),) = channel.calls
    assert name == "onStartup"
    assert (request.nodeName, request.application) == ("10.0.0.7", "Demo")
    assert request.disableFlow is True
    assert request.State == "active", "an absent flag leaves the default"
    assert rest["timeout"] == 0.5


def test_every_form_of_flag(
    greeter_cli: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, channel = run(
        greeter_cli,
        monkeypatch,
        None,
        "greet",
        "--greeting.name=Ann",
        "--greeting.mood=MERRY",
        "--greeting.labels=a=1",
        "--greeting.labels=b=x=y",
        "--greeting.seal=00ff",
        "--greeting.home.city=Ulm",
        "--greeting.home.floor=-2",
    )
    assert code == 0
    greeting = channel.calls[0][1][0]
    assert greeting.mood == 1
    assert greeting.labels == {"a": "1", "b": "x=y"}
    assert greeting.seal == b"\x00\xff"
    assert (greeting.home.city, greeting.home.floor) == ("Ulm", -2)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["count", "--mood=GRIM"], "expected CALM, MERRY or a number, got 'GRIM'"),
        (["greet", "--greeting.labels=a"], "expected KEY=VALUE, got 'a'"),
        (
            ["greet", "--greeting.seal=0"],
            "expected two hexadecimal digits a byte, got '0'",
        ),
        (["greet", "--greeting.home.floor=x"], "invalid int value: 'x'"),
        (["count"], "required: --mood"),
        (["sing"], "invalid choice: 'sing'"),
    ],
)
def test_a_wrong_flag_is_one_line_and_exit_code_2(
    greeter_cli: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    expected: str,
) -> None:
    with pytest.raises(SystemExit) as stopped:
        run(greeter_cli, monkeypatch, None, *arguments)
    assert stopped.value.code == 2
    assert expected in capsys.readouterr().err


def test_the_answer_for_people_and_as_json(
    greeter_cli: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    run(greeter_cli, monkeypatch, {0: 3, 1: 4}, "count", "--mood=0")
    assert capsys.readouterr().out == "0: 3\n1: 4\n"
    run(greeter_cli, monkeypatch, {0: 3, 1: 4}, "--json", "count", "--mood=0")
    assert json.loads(capsys.readouterr().out) == {"0": 3, "1": 4}
    run(greeter_cli, monkeypatch, None, "rest")
    assert capsys.readouterr().out == ""


def test_help_texts_come_from_the_comments(
    greeter_cli: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        greeter_cli.main(["--object=a", "greet", "--help"])
    shown = capsys.readouterr().out
    assert "Who is greeted." in shown
    assert "CALM|MERRY" in shown


TRAPS = """
module Demo
{
    enum Road { LEFT, RIGHT };

    struct command
    {
        0 optional Road given;
        1 optional map<int, string> flags;
    };

    /** Half of it: 50%. */
    interface Trap
    {
        /** Goes a long way, so that its help has more than one line of the source: 100% of it. */
        Road proxy(command program, string help, double rate, vector<short> many,
                   map<string, float> costs, vector<byte> seal, bool sure);
    };

    interface Nothing
    {
    };
};
"""
"""Names that the program itself uses, a flag that argparse has, texts that it formats."""


NEEDED = ["--help=me", "--rate=0.5", "--sure=yes"]
"""Flags that must be there."""


@pytest.fixture
def trap_cli(tmp_path: Path, load: Load) -> ModuleType:
    idl = tmp_path / "trap.tars"
    idl.write_text(TRAPS)
    compile_files([idl], tmp_path, cli=True)
    return load("trap_cli")


def test_names_of_the_program_are_free_for_the_idl(
    trap_cli: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    flags = ["--program.given=RIGHT", "--program.flags=7=x", *NEEDED]
    code, channel = run(trap_cli, monkeypatch, 1, "proxy", *flags)
    assert code == 0
    ((name, (command, *others), _),) = channel.calls
    assert (name, command.given, command.flags) == ("proxy", 1, {7: "x"})
    assert others == ["me", 0.5, [], {}, b"", True]


def test_containers_are_gathered_from_their_flags(
    trap_cli: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    flags = ["--many=1", "--many=-2", "--costs=a=1.5", "--costs=b=2", "--seal=00 ff"]
    _, channel = run(trap_cli, monkeypatch, 1, "proxy", *NEEDED, *flags)
    command, *others = channel.calls[0][1]
    assert command == type(command)()
    assert others == ["me", 0.5, [1, -2], {"a": 1.5, "b": 2.0}, b"\x00\xff", True]


def test_what_argparse_would_format_is_shown_as_written(
    trap_cli: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        trap_cli.main(["--help"])
    shown = " ".join(capsys.readouterr().out.split())
    assert "Half of it: 50%. " in shown
    assert "more than one line of the source: 100% of it." in shown


def test_an_interface_without_methods_has_no_command_line(
    tmp_path: Path, trap_cli: ModuleType
) -> None:
    assert not (tmp_path / "nothing_cli.py").exists()


def test_a_pair_is_read_on_both_sides(
    trap_cli: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        run(trap_cli, monkeypatch, None, "proxy", "--program.flags=x=y")
    assert "invalid literal for int() with base 10: 'x', in 'x=y'" in (
        capsys.readouterr().err
    )


def test_failures_are_one_line_and_an_exit_code(
    greeter_cli: ModuleType, capsys: pytest.CaptureFixture[str], closed_port: int
) -> None:
    nobody = f"A.B.Obj@tcp -h 127.0.0.1 -p {closed_port}"
    assert greeter_cli.main(["--object", nobody, "rest"]) == 1
    assert greeter_cli.main(["--object", "A.B.Obj", "rest"]) == 2
    first, second = capsys.readouterr().err.splitlines()
    assert first.startswith("error: ")
    assert second.startswith("error: expected a locator or endpoints for A.B.Obj")


def test_an_interrupted_call_is_exit_code_130(
    greeter_cli: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> object:
        raise KeyboardInterrupt

    monkeypatch.setattr(program, "Communicator", interrupted)
    assert greeter_cli.main(["--object", "A.B.Obj", "rest"]) == 130


def test_a_taken_over_command_line_is_left_alone(tmp_path: Path) -> None:
    compile_files([CONTRACTS / "greeter.tars"], tmp_path, cli=True)
    path = tmp_path / "greeter_cli.py"
    path.write_text('"""Mine."""\n')
    compile_files([CONTRACTS / "greeter.tars"], tmp_path, cli=True)
    assert path.read_text() == '"""Mine."""\n'


def test_a_servant_to_fill_in_has_every_method(tmp_path: Path, load: Load) -> None:
    compile_files([IDL / "tarsregistry.tars"], tmp_path, servant=True)
    servant = load("tarsregistry_servant").tarsregistry()
    with pytest.raises(NotImplementedError, match="onStartup is not written yet"):
        asyncio.run(servant.onStartup(load("tars").onStartupReq()))


def test_a_servant_that_was_written_is_kept_and_the_changes_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    idl = tmp_path / "Hello.tars"
    idl.write_text("module Demo { interface Hello { int a(int x); void b(); }; };")
    assert main([str(idl), "-o", str(tmp_path), "--servant"]) == 0
    path = tmp_path / "hello_servant.py"
    mine = path.read_text() + "\n    # my own line\n"
    path.write_text(mine)
    assert capsys.readouterr().out == ""

    idl.write_text("module Demo { interface Hello { int a(int y); void c(); }; };")
    assert main([str(idl), "-o", str(tmp_path), "--servant"]) == 0
    assert path.read_text() == mine
    assert capsys.readouterr().out == (
        f"{path}: kept as it is; new in Demo::Hello: c; not in Demo::Hello: b; "
        "other parameters now: a\n"
    )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("class Hello(", "it is not Python"),
        ("class Hello: ...", "no class in it is derived from HelloServant"),
    ],
)
def test_a_servant_that_cannot_be_compared(
    tmp_path: Path, text: str, problem: str
) -> None:
    idl = tmp_path / "Hello.tars"
    idl.write_text("module Demo { interface Hello { void b(); }; };")
    (tmp_path / "hello_servant.py").write_text(text)
    (kept,) = compile_files([idl], tmp_path, servant=True).kept
    assert problem in str(kept)
