"""``tarscli genconf``, run as a user runs it."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest
import yaml
from tars_runtime.config import Config, ServerConfig
from tars_runtime.net.endpoint import Endpoint
from tarscli.info import load_info

from tests.tarscli.room import META, Room

SERVER = "/tars/application/server"
FULL = """\
version: v1
application: Demo
server: HelloServer
set_id: gray.sz.1
locator: tars.tarsregistry.QueryObj@tcp -h registry.${namespace}.svc -p 17890
sample_rate: 7
max_sample_count: 8
statObj: my.stat.Obj
propertyObj: my.property.Obj
asyncThreadNum: 9
sync_invoke_timeout: 10
async_invoke_timeout: 11
report_interval: 12
refresh_endpoint_interval: 13
local: tcp -h ${local_ip} -p ${random_port} -t 14
logSize: 15M
logNum: 16
configObj: my.config.Obj
notifyObj: my.notify.Obj
logObj: my.log.Obj
logLevel: WARN
deactivating_timeout: 17
metrics_port: 18
adapters:
  - object: HelloObj
    endpoint: tcp -h ${local_ip} -p 19001 -t 20
    maxconns: 21
    protocol: not_tars
    queuecap: 22
    queuetimeout: 23
    threads: 24
  - object: OtherObj
"""


@pytest.fixture
def place(tmp_path: Path) -> Room:
    return Room(tmp_path / "tars", "")


def configured(room: Room) -> Config:
    return Config.load(room.layout.config("HelloServer"))


def test_every_key_of_the_meta_file_reaches_the_config(place: Room) -> None:
    place.layout.meta.write_text(FULL)
    del place.environment["TARS_LOCATOR"]
    done = place.run("genconf", TARS_NAMESPACE="other")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    config = configured(place)
    client = config.domain("/tars/application/client").values
    assert config["/tars/application/enableset"] == "y"
    assert config["/tars/application/setdivision"] == "gray.sz.1"
    assert client == {
        "locator": "tars.tarsregistry.QueryObj@tcp -h registry.other.svc -p 17890",
        "sync-invoke-timeout": "10",
        "async-invoke-timeout": "11",
        "refresh-endpoint-interval": "13",
        "stat": "my.stat.Obj",
        "property": "my.property.Obj",
        "report-interval": "12",
        "sample-rate": "7",
        "max-sample-count": "8",
        "asyncthread": "9",
        "modulename": "Demo.HelloServer",
    }
    server = config.domain(SERVER).values
    local = server.pop("local")
    assert Endpoint.parse(local).host == "127.0.0.1"
    assert server == {
        "app": "Demo",
        "server": "HelloServer",
        "localip": "127.0.0.1",
        "basepath": f"{place.root}/bin/",
        "datapath": f"{place.root}/data/",
        "logpath": f"{place.root}/log/",
        "logLevel": "WARN",
        "logsize": "15M",
        "lognum": "16",
        "config": "my.config.Obj",
        "notify": "my.notify.Obj",
        "log": "my.log.Obj",
        "deactivating-timeout": "17",
        "metrics_port": "18",
    }
    adapter = config.domain(f"{SERVER}/Demo.HelloServer.HelloObjAdapter").values
    assert adapter == {
        "allow": "",
        "handlegroup": "Demo.HelloServer.HelloObjAdapter",
        "servant": "Demo.HelloServer.HelloObj",
        "endpoint": "tcp -h 127.0.0.1 -p 19001 -t 20",
        "maxconns": "21",
        "protocol": "not_tars",
        "queuecap": "22",
        "queuetimeout": "23",
        "threads": "24",
    }
    other = config.domain(f"{SERVER}/Demo.HelloServer.OtherObjAdapter").values
    assert 13000 <= Endpoint.parse(other["endpoint"]).port <= 16000


def test_the_info_file_holds_every_key_with_resolved_values(place: Room) -> None:
    place.layout.meta.write_text(FULL)
    assert place.run("genconf").returncode == 0
    tree = yaml.safe_load(place.layout.info.read_text())
    assert list(tree) == ["conf", "local_ip", "tars_path"]
    assert tree["local_ip"] == "127.0.0.1"
    assert tree["conf"]["adapters"][0]["endpoint"] == "tcp -h 127.0.0.1 -p 19001 -t 20"
    assert list(tree["conf"])[:4] == ["application", "server", "set_id", "locator"]
    assert "${" not in place.layout.info.read_text()
    assert place.layout.info.stat().st_mode & 0o777 == 0o644
    info = load_info(place.layout.info)
    assert info.servants[1][0] == "Demo.HelloServer.OtherObj"


def test_flags_and_variables_go_over_the_meta_file(place: Room) -> None:
    done = place.run(
        "genconf",
        "--server",
        "Renamed",
        TARS_APPLICATION="App",
        TARS_BUILD_SERVER="Built",
        TARS_EP_UPTIME="5000",
        TARS_SET_ID="a.b.c",
    )
    assert done.returncode == 0, done.stderr
    config = Config.load(place.layout.config("Built"))
    assert config["/tars/application/client/modulename"] == "App.Renamed"
    assert config["/tars/application/client/refresh-endpoint-interval"] == "5000"
    assert config["/tars/application/setdivision"] == "a.b.c"


def test_the_overlay_reaches_config_and_info(place: Room) -> None:
    overlay = place.root / "over.conf"
    overlay.write_text(
        "<tars><application>\n".replace("><", ">\n<")
        + "<server>\nlocal=tcp -h 127.0.0.1 -p 18888 -t 1\nnew=1\n"
        "<Demo.HelloServer.HelloObjAdapter>\nendpoint=tcp -h 127.0.0.1 -p 18889 -t 2\n"
        "</Demo.HelloServer.HelloObjAdapter>\n"
        "<More>\nservant=Demo.HelloServer.MoreObj\n"
        "endpoint=tcp -h 127.0.0.1 -p 18890 -t 3\n</More>\n"
        "</server>\n</application>\n</tars>\n"
    )
    done = place.run("genconf", TARS_MERGE_CONF=str(overlay))
    assert done.returncode == 0, done.stderr
    assert configured(place)[f"{SERVER}/new"] == "1"
    info = load_info(place.layout.info)
    assert info.admin.port == 18888
    assert [each.endpoint for _, each in info.servants] == [
        "tcp -h 127.0.0.1 -p 18889 -t 2",
        "tcp -h 127.0.0.1 -p 18890 -t 3",
    ]
    first = place.layout.config("HelloServer").read_bytes()
    again = place.run("genconf", "--port-seed", "1", TARS_MERGE_CONF=str(overlay))
    assert again.returncode == 0
    assert place.layout.config("HelloServer").read_bytes() == first


def test_the_metrics_port_is_the_one_that_the_server_reads(place: Room) -> None:
    """The port that gets registered is the one that the runtime opens, also from an overlay."""
    assert place.run("genconf").returncode == 0
    assert "metrics_port=" not in place.layout.config("HelloServer").read_text()
    overlay = place.root / "over.conf"
    overlay.write_text(
        "<tars>\n<application>\n<server>\nmetrics_port=9100\n"
        "</server>\n</application>\n</tars>\n"
    )
    assert place.run("genconf", TARS_MERGE_CONF=str(overlay)).returncode == 0
    settings = ServerConfig.from_config(configured(place))
    assert settings.metrics_port == 9100
    assert load_info(place.layout.info).server.metrics_port == 9100


def test_secrets_are_filled_in_kept_from_others_and_out_of_the_info_file(
    place: Room,
) -> None:
    secret = place.root / "password"
    secret.write_text("p&<w=\\n\n")
    overlay = place.root / "over.conf"
    overlay.write_text(
        "<tars>\n<application>\n<server>\n"
        f"user=${{env:DB_USER}}\npassword=${{file:{secret}}}\nlogLevel=${{env:LEVEL}}\n"
        "other=${theirs}\n</server>\n</application>\n</tars>\n"
    )
    environment = {
        "TARS_MERGE_CONF": str(overlay),
        "DB_USER": "root",
        "LEVEL": "top-secret",
    }
    done = place.run("genconf", **environment)
    assert done.returncode == 0, done.stderr
    config = configured(place)
    assert config[f"{SERVER}/user"] == "root"
    assert config[f"{SERVER}/password"] == "p&<w=\\n"
    assert config[f"{SERVER}/other"] == "${theirs}"
    assert place.layout.config("HelloServer").stat().st_mode & 0o777 == 0o640
    assert "top-secret" not in place.layout.info.read_text()
    done = place.run("genconf", TARS_MERGE_CONF=str(overlay))
    assert done.returncode == 2
    assert (
        "over.conf:4: user: ${env:DB_USER}: the variable DB_USER is not set"
        in done.stderr
    )


@pytest.mark.parametrize(
    ("meta", "environment", "message"),
    [
        (
            "server: A\n",
            {},
            "application or server name can not be empty: set 'application'",
        ),
        (
            "application: A/b\nserver: B\n",
            {},
            "expected letters, digits, _ and -, got 'A/b'",
        ),
        (META + "set_id: a.b\n", {}, "expected name.area.group"),
        (META, {"TARS_SET_ID": "a.b.c.d"}, "expected name.area.group"),
        (META, {"TARS_SET_ID": "*.b.c"}, "expected name.area.group"),
        (META, {"TARS_LOCATOR": "nonsense"}, "locator (or TARS_LOCATOR): expected"),
        (
            META,
            {"TARS_LOCATOR": "a.b@tcp -h"},
            "locator (or TARS_LOCATOR): expected a value",
        ),
        (META, {"POD_IP": "pod"}, "POD_IP=pod: expected an IPv4 or IPv6 address"),
        (
            META,
            {"POD_IP": "0.0.0.0"},
            "POD_IP=0.0.0.0: expected an address that clients",
        ),
        (META, {"POD_IP": "203.0.113.9"}, "check that the address is local"),
        (
            META,
            {"TARS_BUILD_SERVER": "../x"},
            "TARS_BUILD_SERVER=../x: expected letters",
        ),
        (META, {"TARS_RAND_PORT_MIN": "9", "TARS_RAND_PORT_MAX": "8"}, "is above"),
        (META + "logLevel: ${nope}\n", {}, "logLevel: unknown placeholder ${nope}"),
        (META + "logObj: ${random_port}\n", {}, "unknown placeholder ${random_port}"),
        (META + "local: tcp -h 127.0.0.1\n", {}, "local: expected -p with a port"),
        (META + "local: tcp -p 1\n", {}, "local: expected a host (-h)"),
        (
            META + "local: http -h a -p 1\n",
            {},
            "local: expected tcp, udp or ssl first, got http",
        ),
        (META + "  - object: HelloObj\n", {}, "HelloObj stands there twice"),
        (
            META + "  - endpoint: tcp -h 127.0.0.1 -p 1\n",
            {},
            "expected a name such as HelloObj",
        ),
        (META + f"  - object: {'O' * 80}\n", {}, "expected at most 93 characters"),
        (
            META.replace("Demo", "D" * 51),
            {},
            "application: expected at most 50 characters",
        ),
        (
            META + f"  - object: O\n    protocol: {'p' * 65}\n",
            {},
            "adapter O: protocol: expected at most 64 characters",
        ),
        (
            META + f"  - object: O\n    endpoint: tcp -h {'h' * 120} -p 1\n",
            {},
            "adapter O: endpoint: expected at most 128 characters",
        ),
        (META, {"TARS_MERGE_CONF": "/nonexistent"}, "/nonexistent: the overlay"),
    ],
)
def test_bad_input_is_one_clear_line_and_exit_2(
    place: Room, meta: str, environment: dict[str, str], message: str
) -> None:
    place.layout.meta.write_text(meta)
    done = place.run("genconf", **environment)
    assert message in done.stderr
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
    assert not place.layout.conf.exists()


def test_a_missing_meta_file_is_named(place: Room) -> None:
    place.layout.meta.unlink()
    done = place.run("genconf")
    assert done.returncode == 2
    assert f"{place.layout.meta} (no such file)" in done.stderr


def test_a_path_that_cannot_be_written(tmp_path: Path) -> None:
    place = Room(tmp_path / "tars", "")
    place.layout.conf.write_text("a file where a directory belongs")
    done = place.run("genconf")
    assert done.returncode == 2
    assert "the directory cannot be made: File exists" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_full_disk_leaves_the_old_config(place: Room) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("/dev/full is not here")
    assert place.run("genconf").returncode == 0
    before = place.layout.config("HelloServer").read_bytes()
    os.symlink("/dev/full", place.layout.conf / f".HelloServer.conf.{os.getpid()}.new")
    from tarscli.files import write_atomic

    with pytest.raises(OSError, match="No space left"):
        write_atomic(place.layout.config("HelloServer"), "x", durable=False)
    assert place.layout.config("HelloServer").read_bytes() == before
    assert [each.name for each in place.layout.conf.iterdir()] == ["HelloServer.conf"]


def test_check_diff_and_stdout_write_nothing(place: Room) -> None:
    for flag in ("--check", "--diff", "--stdout"):
        done = place.run("genconf", flag)
        assert done.returncode == 0, done.stderr
        assert not place.layout.conf.exists()
        assert not place.layout.info.exists()
    assert "<tars>" in done.stdout
    assert place.run("genconf", "--check", TARS_LOCATOR="x").returncode == 2
    place.run("genconf", "--port-seed", "a")
    changed = place.run("genconf", "--diff", "--port-seed", "a", TARS_EP_UPTIME="7000")
    assert "-            refresh-endpoint-interval=60000" in changed.stdout
    assert "+            refresh-endpoint-interval=7000" in changed.stdout


def test_readers_polling_while_it_is_rewritten_never_see_a_part(place: Room) -> None:
    paths = (place.layout.config("HelloServer"), place.layout.info)
    texts: dict[str, set[str]] = {each.name: set() for each in paths}
    written: list[int] = []

    def rewrite() -> None:
        for seed in range(25):
            done = place.run("genconf", TARS_PORT_SEED=str(seed))
            written.append(done.returncode)

    rewrite_once = place.run("genconf", TARS_PORT_SEED="0")
    assert rewrite_once.returncode == 0
    writer = threading.Thread(target=rewrite)
    writer.start()
    while writer.is_alive():
        for each in paths:
            texts[each.name].add(each.read_text())
        time.sleep(0.001)
    writer.join()
    assert written == [0] * 25
    configs = texts["HelloServer.conf"]
    assert len(configs) > 5
    assert len({len(each) for each in configs}) == 1
    assert all(each.endswith("</tars>\n") for each in configs)
    assert len(texts["server_info.yaml"]) > 5
    assert all("\ntars_path: " in each for each in texts["server_info.yaml"])
