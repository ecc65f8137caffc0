"""The configuration file: the C++ grammar, messages with lines, settings and their units."""

from pathlib import Path

import pytest
from tars_runtime.config import (
    AdapterConfig,
    ClientConfig,
    Config,
    ServerConfig,
    describe,
)
from tars_runtime.errors import ConfigError

TEXT = r"""
# a comment
<tars>
  <application>
    enableset = y
    setdivision = gray.sz.1
    <server>
      app = Demo
      server=HelloServer
      jvmparams=-Da\=b
      path=C:\quiet
      logsize = 10M
      empty
      deactivating-timeout=5000
      <HelloObjAdapter>
        endpoint = tcp -h 127.0.0.1 -p 10000 -t 60000
        servant = Demo.HelloServer.HelloObj
        queuetimeout = 100
      </HelloObjAdapter>
      <other>
        key=1
      </other>
    </server>
    <client>
      locator = tars.tarsregistry.QueryObj@tcp -h 127.0.0.1 -p 17890
      sync-invoke-timeout = 1500
      report-interval = 6000
      unknown-key = kept
    </client>
  </application>
  <application>
    <client>
      unknown-key = later
    </client>
  </application>
</tars>
"""


def config(text: str = TEXT) -> Config:
    return Config.parse(text, source="hello.conf")


def test_values_by_path_in_both_spellings() -> None:
    read = config()
    assert read["/tars/application/server/app"] == "Demo"
    assert read["/tars/application/server<app>"] == "Demo"
    assert read.get("/tars/application/server/none", "x") == "x"
    assert read.get("/no/such") is None
    assert "/tars/application/server/empty" in read
    assert read["/tars/application/server/empty"] == ""


def test_escapes_are_read_and_other_backslashes_kept() -> None:
    read = config()
    assert read["/tars/application/server/jvmparams"] == "-Da=b"
    assert read["/tars/application/server/path"] == r"C:\quiet"


@pytest.mark.parametrize(
    ("line", "odd"),
    [
        (r"a=C:\quiet", True),
        (r"a=b\\", False),
        (r"a=\\q", False),
        (r"a=\n\t\=", False),
        ("a=\\", True),
    ],
)
def test_backslashes_that_escape_nothing_are_noticed(
    line: str, odd: bool, caplog: pytest.LogCaptureFixture
) -> None:
    Config.parse(line, "x.conf")
    assert ("x.conf:1: a backslash" in caplog.text) is odd


def test_domains_merge_and_later_keys_win() -> None:
    assert config()["/tars/application/client/unknown-key"] == "later"
    server = config().domain("/tars/application/server")
    assert list(server.domains) == ["HelloObjAdapter", "other"]
    assert server.values["app"] == "Demo"


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    read = config()
    read["/tars/application/server/new"] = "a=b\\c\nd"
    read.save(tmp_path / "out.conf")
    again = Config.load(tmp_path / "out.conf")
    assert again["/tars/application/server/new"] == "a=b\\c\nd"
    assert again["/tars/application/server/jvmparams"] == "-Da=b"
    assert [each.name for each in tmp_path.iterdir()] == ["out.conf"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("<a>\n", "hello.conf:1: expected </a> before the end", id="open"),
        pytest.param(
            "<a>\n</b>", "hello.conf:2: expected </a>, got </b>", id="crossed"
        ),
        pytest.param("</a>", "hello.conf:1: expected no closing tag", id="closed"),
        pytest.param("<a\n", "hello.conf:1: expected > at the end", id="tag"),
        pytest.param("<>\n", "hello.conf:1: expected a domain's name", id="nameless"),
    ],
)
def test_mistakes_name_the_line(text: str, message: str) -> None:
    with pytest.raises(ConfigError, match="^" + message.replace("<", "<")):
        config(text)


def test_a_missing_key_names_file_and_path() -> None:
    with pytest.raises(ConfigError, match=r"hello.conf: expected the key /tars/x"):
        config()["/tars/x"]


def test_a_missing_file_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none.conf: expected a readable"):
        Config.load(tmp_path / "none.conf")


def test_a_file_that_is_not_utf8_names_the_line(tmp_path: Path) -> None:
    (tmp_path / "x.conf").write_bytes(b"a=1\nb=\xff\n")
    with pytest.raises(ConfigError, match=r"x.conf:2: expected UTF-8 text"):
        Config.load(tmp_path / "x.conf")


def test_angle_brackets_cannot_be_written() -> None:
    read = config()
    read["/a/b"] = "<x>"
    with pytest.raises(ConfigError, match="without < and >"):
        str(read)


def test_settings_have_python_units() -> None:
    client = ClientConfig.from_config(config())
    assert client.call_timeout == 1.5
    assert client.report_interval == 10.0, "raised to the least, never an error"
    assert client.set_name == "gray.sz.1"
    server = ServerConfig.from_config(config())
    assert server.full_name == "Demo.HelloServer"
    assert server.log_size == 10 * 1024 * 1024
    assert server.grace_period == 4.5


def test_adapters_are_the_domains_with_an_endpoint() -> None:
    (adapter,) = AdapterConfig.all_from_config(config())
    assert adapter.name == "HelloObjAdapter"
    assert adapter.servants == ("Demo.HelloServer.HelloObj",)
    assert adapter.queue_timeout == 3.0, "raised to the least"


def test_a_malformed_number_names_file_line_and_key() -> None:
    inner = "<client>\nconnect-timeout=soon\n</client>"
    text = f"<tars>\n<application>\n{inner}\n</application>\n</tars>"
    with pytest.raises(
        ConfigError, match=r"hello.conf:4: expected milliseconds for connect-timeout"
    ):
        ClientConfig.from_config(config(text))


@pytest.mark.parametrize("division", ["*.sz.1", "gray.*.1", "gray.sz", ""])
def test_a_set_that_is_none_is_off(division: str) -> None:
    text = f"<tars>\n<application>\nenableset=y\nsetdivision={division}\n</application>\n</tars>"
    assert ClientConfig.from_config(config(text)).set_name == ""


@pytest.mark.parametrize("kind", [ClientConfig, ServerConfig, AdapterConfig])
def test_every_setting_is_described(kind: type) -> None:
    rows = list(describe(kind))
    assert rows
    assert all(keys and about for keys, _, _, _, about in rows)
