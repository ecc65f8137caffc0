"""The meta file: every key, its types, and every mistake with its place."""

from __future__ import annotations

from pathlib import Path

import pytest
from tars_runtime.errors import ConfigError
from tarscli.meta import Adapter, ServerMeta, load_meta, meta_values, parse_meta


def read(text: str) -> ServerMeta:
    return parse_meta(text, "m.yaml")[0]


def test_defaults_are_those_of_the_go_tool() -> None:
    values = meta_values(ServerMeta())
    assert values["sample_rate"] == 100000
    assert values["refresh_endpoint_interval"] == 60000
    assert values["local"] == "tcp -h 127.0.0.1 -p ${random_port} -t 5000"
    assert values["logSize"] == "100M"
    assert Adapter().endpoint == "tcp -h ${local_ip} -p ${random_port} -t 30000"
    assert list(values)[:4] == ["application", "server", "set_id", "locator"]


def test_strings_keep_their_text_and_integers_may_be_written_in_many_ways() -> None:
    server = read(
        "application: yes\nserver: 123\nset_id: 1.2\n"
        "sample_rate: 0x10\nmax_sample_count: 1_000\nlogNum: 3.0\n"
    )
    assert (server.application, server.server, server.set_id) == ("yes", "123", "1.2")
    assert (server.sample_rate, server.max_sample_count, server.log_count) == (
        16,
        1000,
        3,
    )


def test_an_explicit_null_is_empty_or_zero_and_an_empty_endpoint_is_the_default() -> (
    None
):
    server = read(
        "application: ~\nlogNum:\nadapters:\n- object: A\n  endpoint: ''\n  threads: 0\n"
    )
    assert server.application == ""
    assert server.log_count == 0
    assert server.adapters == (Adapter(object="A", threads=0),)


def test_what_the_file_gives_is_told_apart_from_defaults() -> None:
    _, given = parse_meta("application: Demo\nrefresh_endpoint_interval: 5\n", "m.yaml")
    assert given == {"application": "Demo", "refresh_endpoint_interval": "5"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "application: A\nadaptors: []\n",
            "m.yaml:2:1: unknown key 'adaptors'; did you mean adapters?",
        ),
        (
            "adapters:\n- object: A\n  thread: 2\n",
            "m.yaml:3:3: unknown key 'thread'; did you mean threads?",
        ),
        ("logNum: '7'\n", "m.yaml:1:9: logNum: expected an integer, got '7'"),
        ("logNum: many\n", "m.yaml:1:9: logNum: expected an integer, got 'many'"),
        ("logNum: 3.5\n", "expected an integer, got '3.5'"),
        ("logNum: 99999999999\n", "expected an integer"),
        ("logNum: 1.0e999\n", "m.yaml:1:9: logNum: expected an integer, got '1.0e999'"),
        ("a: " + "[" * 3000, "m.yaml: expected lists and mappings of a few levels"),
        ("application: [A]\n", "m.yaml:1:14: application: expected one value"),
        ("adapters: x\n", "m.yaml:1:11: adapters: expected a list of adapters"),
        ("adapters:\n- A\n", "m.yaml:2:3: expected adapters[0] to be a mapping"),
        ("server: A\nserver: B\n", "m.yaml:2:1: key 'server' is given twice"),
        ("- a\n", "m.yaml:1:1: expected the file to be a mapping"),
        ("a: [\n", "m.yaml:2:1: not YAML"),
        ('server: "a\\nb"\n', "expected one line without control characters"),
        ("? [a]\n: b\n", "expected a plain key"),
    ],
)
def test_mistakes_have_file_line_column_and_advice(text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read(text)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    assert load_meta(tmp_path / "none.yaml") == (ServerMeta(), {})
    bad = tmp_path / "bad.yaml"
    bad.write_bytes(b"server: \xff\xfe")
    with pytest.raises(ConfigError, match=r"bad\.yaml: expected UTF-8"):
        load_meta(bad)
    with pytest.raises(ConfigError, match="cannot be read: Is a directory"):
        load_meta(tmp_path)
