"""``tars2py decode``: bytes of a struct, a packet, a frame, with a schema and without."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tars_runtime import codec
from tars_runtime.interfaces.tars import RequestPacket, ResponsePacket
from tars_runtime.protocol import Request, send_request
from tars_runtime.protocol.bodies import BODIES

import tars2py
from tests.compiler.command import GREETER, run


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


@pytest.mark.parametrize("version", [2, 3])
def test_decode_tup_by_the_names_of_a_file(
    version: int, capsys: pytest.CaptureFixture[str]
) -> None:
    demo = tars2py.load(GREETER).Demo
    method, form = demo.GreeterServant.__tars__[0], BODIES[version]
    request = RequestPacket(
        iVersion=version,
        sFuncName="greet",
        sBuffer=form.write_arguments(method, (greeting(),)),
    )
    hexed = codec.encode(request).hex()
    asked = ("--as", "packet", "--schema", str(GREETER), "--hex")
    assert decoded(capsys, *asked, hexed)["body"]["greeting"]["name"] == "Ann"
    bare = decoded(capsys, "--as", "packet", "--hex", hexed)["body"]["greeting"]
    inside = bare if version == 3 else bare["Demo.Greeting"]
    assert inside[0]["type"] == "STRUCT_BEGIN"

    reply = demo.GreeterGreetReply(ret=3, text="hi")
    response = ResponsePacket(
        iVersion=version, sBuffer=form.write_result(method, reply)
    )
    shown = decoded(
        capsys, *asked, codec.encode(response).hex(), "--method", "Greeter.greet"
    )
    assert (shown["body"]["ret"], shown["body"]["text"]) == (3, "hi")


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
