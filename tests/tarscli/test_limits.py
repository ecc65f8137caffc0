"""Control groups of both versions, and which variables follow from them."""

from __future__ import annotations

from pathlib import Path

import pytest
from tarscli.supervisor.limits import cpu_limit, limit_variables, memory_limit


def group(root: Path, **files: str) -> Path:
    for name, text in files.items():
        path = root / name.replace("__", "/").replace("_DOT_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n")
    return root


def test_version_2(tmp_path: Path) -> None:
    root = group(tmp_path, cpu_DOT_max="150000 100000", memory_DOT_max="1000000")
    assert cpu_limit(root) == 1.5
    assert memory_limit(root) == 1000000
    assert limit_variables({}, root) == {
        "GOMAXPROCS": "1",
        "TARS_CPU_LIMIT": "1",
        "OMP_NUM_THREADS": "1",
        "GOMEMLIMIT": "900000",
        "TARS_MEMORY_LIMIT": "1000000",
    }


def test_version_1(tmp_path: Path) -> None:
    root = group(
        tmp_path,
        cpu__cpu_DOT_cfs_quota_us="400000",
        cpu__cpu_DOT_cfs_period_us="100000",
        memory__memory_DOT_limit_in_bytes="9223372036854771712",
    )
    assert cpu_limit(root) == 4.0
    assert memory_limit(root) is None


@pytest.mark.parametrize("text", ["max 100000", "", "-1 100000", "1 0", "x y"])
def test_no_limit(tmp_path: Path, text: str) -> None:
    root = group(tmp_path, cpu_DOT_max=text, memory_DOT_max="max")
    assert cpu_limit(root) is None
    assert memory_limit(root) is None
    assert set(limit_variables({}, root)) == {"GOMAXPROCS", "TARS_CPU_LIMIT"}


def test_less_than_one_processor_is_one_and_what_is_set_stays(tmp_path: Path) -> None:
    root = group(tmp_path, cpu_DOT_max="10000 100000")
    assert limit_variables({}, root)["GOMAXPROCS"] == "1"
    assert "GOMAXPROCS" not in limit_variables({"GOMAXPROCS": "8"}, root)
