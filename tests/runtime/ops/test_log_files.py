"""Log files: names, lines, rolling, days, and what happens to files that are moved away."""

from __future__ import annotations

import errno
import json
import logging
import os
import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tars_runtime.config import ServerConfig
from tars_runtime.errors import UsageError
from tars_runtime.logs import Logs, files
from tars_runtime.logs.daily import DailyHandler
from tars_runtime.logs.files import LogFile
from tars_runtime.logs.layout import DayLayout, JsonLayout, LineLayout
from tars_runtime.logs.levels import level_of, word_of
from tars_runtime.logs.rolling import RollingHandler, renames


def record(text: str, level: int = logging.INFO, **fields: object) -> logging.LogRecord:
    return logging.makeLogRecord(
        {"msg": text, "levelno": level, "name": "test", **fields}
    )


@pytest.fixture
def logger() -> Iterator[logging.Logger]:
    made = logging.getLogger("test.ops.logs")
    made.propagate = False
    made.setLevel(1)
    yield made
    for handler in list(made.handlers):
        made.removeHandler(handler)
        handler.close()


def test_lines_look_as_in_cpp() -> None:
    moment = time.mktime((2026, 5, 4, 10, 11, 12, 0, 0, -1))
    line = LineLayout().format(record("card 3", logging.DEBUG, created=moment))
    assert line == f"2026-05-04 10:11:12|{threading.get_native_id()}|DEBUG|card 3"
    assert DayLayout().format(record("in", created=moment)) == "2026-05-04 10:11:12|in"


@pytest.mark.parametrize(
    ("level", "word"),
    [
        (logging.CRITICAL, "ERROR"),
        (logging.ERROR, "ERROR"),
        (logging.WARNING, "WARN"),
        (25, "INFO"),
        (logging.DEBUG, "DEBUG"),
        (5, "TARS"),
        (1, "TARS"),
    ],
)
def test_every_standard_level_has_a_word(level: int, word: str) -> None:
    assert word_of(level) == word


def test_a_level_that_is_none_is_said() -> None:
    assert level_of("none") > logging.CRITICAL
    with pytest.raises(UsageError, match=r"expected a log level of NONE, .*'LOUD'"):
        level_of("LOUD")


def test_tracebacks_follow_their_line(tmp_path: Path, logger: logging.Logger) -> None:
    handler = RollingHandler(tmp_path / "a.log", 1 << 20, 3)
    handler.setFormatter(LineLayout())
    logger.addHandler(handler)
    try:
        raise ValueError("odd \udcff")
    except ValueError:
        logger.exception("failed")
    lines = (tmp_path / "a.log").read_text().splitlines()
    assert lines[0].endswith("|ERROR|failed")
    assert lines[1].startswith("Traceback")
    assert lines[-1] == r"ValueError: odd \udcff"


def test_json_lines_hold_what_extra_gave() -> None:
    made = record("hi", logging.WARNING, filename="a.py", lineno=3, order=7, odd={1, 2})
    line = json.loads(JsonLayout().format(made))
    assert line["level"] == "WARN"
    assert line["msg"] == "hi"
    assert line["file"] == "a.py:3"
    assert line["order"] == 7
    assert line["odd"] == "{1, 2}"
    assert re.fullmatch(r"\d{4}-..-..T..:..:..\.\d{3}[+-]..:..", line["time"])


def test_rolling_names_count_upwards() -> None:
    steps = [(a.name, b.name) for a, b in renames(Path("/x/A.B.log"), 3)]
    assert steps == [("A.B1.log", "A.B2.log"), ("A.B.log", "A.B1.log")]


def test_a_full_log_rolls_and_the_oldest_goes(
    tmp_path: Path, logger: logging.Logger
) -> None:
    handler = RollingHandler(tmp_path / "A.B.log", 20, 3)
    handler.setFormatter(logging.Formatter("%(message)s"))
    logger.addHandler(handler)
    for number in range(9):
        logger.info("line %d xxx", number)  # eleven bytes: two fill a file
    kept = {each.name: each.read_text() for each in tmp_path.glob("A*.log")}
    assert kept == {
        "A.B.log": "line 8 xxx\n",
        "A.B1.log": "line 6 xxx\nline 7 xxx\n",
        "A.B2.log": "line 4 xxx\nline 5 xxx\n",
    }


def test_one_file_alone_starts_anew(tmp_path: Path, logger: logging.Logger) -> None:
    logger.addHandler(RollingHandler(tmp_path / "A.log", 5, 1))
    logger.info("first")
    logger.info("next")
    assert (tmp_path / "A.log").read_text() == "next\n"
    assert [each.name for each in tmp_path.glob("A*")] == ["A.log"]


def test_processes_share_a_log_and_lose_nothing(tmp_path: Path) -> None:
    """Four processes write and roll at once: each line is whole, and none is lost."""
    children = []
    for number in range(4):
        child = os.fork()
        if child == 0:
            handler = RollingHandler(tmp_path / "A.log", 4000, 1000)
            handler.setFormatter(logging.Formatter("%(message)s"))
            for line in range(500):
                handler.emit(record(f"{number}-{line:04}"))
            os._exit(0)
        children.append(child)
    for child in children:
        assert os.waitpid(child, 0)[1] == 0
    files_made = list(tmp_path.glob("A*.log"))
    lines = [line for each in files_made for line in each.read_text().splitlines()]
    assert sorted(lines) == [f"{n}-{i:04}" for n in range(4) for i in range(500)]
    assert len(files_made) >= 4


def test_a_file_moved_away_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "LOOK", 0.0)
    log = LogFile(tmp_path / "new" / "a.log")
    log.write("one")
    log.path.rename(tmp_path / "old.log")
    log.write("two")
    log.close()
    assert (tmp_path / "old.log").read_text() == "one\n"
    assert log.path.read_text() == "two\n"


def test_a_full_disk_is_told_once_and_nobody_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    log = LogFile(tmp_path / "a.log")
    log.write("one")

    def full(_: int, __: bytes) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "write", full)
    log.write("two")
    log.write("three")
    monkeypatch.undo()
    log.close()
    told = capsys.readouterr().err
    assert "expected to write a log line, got: No space left on device" in told
    assert told.count("\n") == 1
    assert log.lost == 2


def test_a_day_has_its_file(tmp_path: Path) -> None:
    handler = DailyHandler(tmp_path, "A.B_access")
    handler.setFormatter(logging.Formatter("%(message)s"))
    for day in (4, 4, 5):
        moment = time.mktime((2026, 5, day, 10, 0, 0, 0, 0, -1))
        handler.emit(record(f"day {day}", created=moment))
    handler.close()
    assert {each.name: each.read_text() for each in tmp_path.iterdir()} == {
        "A.B_access_20260504.log": "day 4\nday 4\n",
        "A.B_access_20260505.log": "day 5\n",
    }


@pytest.fixture
def logs(tmp_path: Path) -> Logs:
    return Logs(
        ServerConfig(
            app="Demo",
            server="Hello",
            logpath=str(tmp_path),
            datapath=str(tmp_path / "data"),
            log_level="INFO",
        )
    )


def test_the_level_is_remembered(tmp_path: Path, logs: Logs) -> None:
    log = logging.getLogger("someone's")
    path = tmp_path / "Demo" / "Hello" / "Demo.Hello.log"
    with logs.opened(console=False):
        log.debug("unseen")
        logs.set_level("debug")
        log.debug("seen")
    before = logging.getLogger().level
    with logs.opened(console=False):
        log.debug("seen, too")
    assert [each.split("|")[3] for each in path.read_text().splitlines()] == [
        "seen",
        "seen, too",
    ]
    assert logging.getLogger().level == before


@pytest.mark.parametrize("memory", ["{", "[]", '{"logLevel": "LOUD"}'])
def test_a_broken_memory_is_ignored(tmp_path: Path, logs: Logs, memory: str) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "tars2py.remembered.json").write_text(memory)
    with logs.opened(console=False):
        logging.getLogger("someone's").info("at work")
    assert "at work" in (tmp_path / "Demo" / "Hello" / "Demo.Hello.log").read_text()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"log_level": "LOUD"}, "expected a log level of NONE, .*, got 'LOUD'"),
        (
            {"log_format": "xml"},
            "expected logformat to be one of text, json, got 'xml'",
        ),
    ],
    ids=["level", "format"],
)
def test_a_wrong_setting_is_said(
    tmp_path: Path, wrong: dict[str, Any], message: str
) -> None:
    logs = Logs(ServerConfig(logpath=str(tmp_path), **wrong))
    with pytest.raises(UsageError, match=message):
        logs.open(console=False)
    assert not any(isinstance(each, RollingHandler) for each in logging.root.handlers)


def test_what_the_event_loop_tells_its_authors_is_left_out(tmp_path: Path) -> None:
    logs = Logs(ServerConfig(app="Demo", server="X", logpath=str(tmp_path)))
    with logs.opened(console=False):
        logging.getLogger("asyncio").debug("Using selector: EpollSelector")
        logging.getLogger("asyncio").warning("a callback took long")
        logging.getLogger("mine").debug("kept")
    text = (tmp_path / "Demo" / "X" / "Demo.X.log").read_text()
    assert [line.rpartition("|")[2] for line in text.splitlines()] == [
        "a callback took long",
        "kept",
    ]


def test_logs_of_their_own(tmp_path: Path, logs: Logs) -> None:
    folder = tmp_path / "Demo" / "Hello"
    with logs.opened(console=False):
        logs.rolling("slow").warning("4 s")
        logs.daily("access").info("Ann")
        logs.daily().info("bare")
    day = time.strftime("%Y%m%d")
    assert (folder / "Demo.Hello.slow.log").read_text().endswith("|WARN|4 s\n")
    assert (folder / f"Demo.Hello_access_{day}.log").read_text().endswith("|Ann\n")
    assert (folder / f"Demo.Hello_{day}.log").read_text().endswith("|bare\n")
    assert not (folder / "Demo.Hello.log").exists()


@pytest.mark.parametrize("name", ["../x", "a/b", ".hidden", "", "a b"])
def test_a_logs_name_is_no_path(logs: Logs, name: str) -> None:
    with pytest.raises(UsageError, match="expected a log's name"):
        logs.rolling(name)
