"""What is refused before it reaches a table, with the field and what fits."""

from __future__ import annotations

from typing import Any

import pytest
from tars_registry.table.requests import WIDTHS, Registration
from tars_runtime.errors import UsageError
from tars_runtime.interfaces.tars import AdapterConf, onStartupReq

ENDPOINT = "tcp -h 10.0.0.1 -p 10000 -t 60000"


def request(**fields: Any) -> onStartupReq:
    known: dict[str, Any] = {"nodeName": "n", "application": "A", "server": "S"}
    return onStartupReq(**(known | fields))


def adapter(**fields: Any) -> list[AdapterConf]:
    known: dict[str, Any] = {"servant": "A.S.Obj", "endpoint": ENDPOINT}
    return [AdapterConf(**(known | fields))]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        pytest.param(
            {"application": ""}, "expected a name .* at application", id="empty name"
        ),
        pytest.param(
            {"server": " S"}, "without blanks .* at server", id="blank in front"
        ),
        pytest.param(
            {"nodeName": "n" * 51},
            "at most 50 characters, got 51 - at nodeName",
            id="long node",
        ),
        pytest.param(
            {"application": "a" * 51},
            "at most 50 characters",
            id="the narrower of two columns",
        ),
        pytest.param(
            {"server": "a\x00b"}, "no control characters", id="control character"
        ),
        pytest.param(
            {"server": "\ud800"}, "no control characters", id="lone surrogate"
        ),
        pytest.param(
            {"server": "\U0001f600"}, "Basic Multilingual Plane", id="not in utf8mb3"
        ),
        pytest.param({"Version": "v" * 129}, "at Version", id="long version"),
        pytest.param({"setID": "a.b." + "c" * 65}, "at setID group", id="long group"),
        pytest.param({"setID": "a" * 17 + ".b.c"}, "at setID name", id="long set"),
        pytest.param(
            {"State": "sleepy"}, "expected one of .*destroyed", id="unknown state"
        ),
        pytest.param(
            {"adapters": adapter(servant="s" * 94)},
            r"at adapters\[0\].servant",
            id="adapter_name would not fit",
        ),
        pytest.param(
            {"adapters": adapter(endpoint="tcp -p")},
            "expected an endpoint like",
            id="bad endpoint",
        ),
        pytest.param(
            {"adapters": adapter(endpoint=ENDPOINT + " " * 100)},
            "at most 128",
            id="long endpoint",
        ),
        pytest.param(
            {"adapters": adapter(threadNum=-1)}, "0 or more .*threadNum", id="negative"
        ),
        pytest.param(
            {"adapters": adapter() * 257}, "at most 256 adapters", id="too many"
        ),
    ],
)
def test_a_value_that_the_tables_cannot_hold_is_refused(
    fields: dict[str, Any], reason: str
) -> None:
    with pytest.raises(UsageError, match=reason):
        Registration.of(request(**fields))


def test_what_fits_exactly_is_taken() -> None:
    made = Registration.of(
        request(
            nodeName="n" * WIDTHS["nodeName"],
            application="a" * WIDTHS["application"],
            server="\u4e2d" * WIDTHS["server"],
            adapters=adapter(servant="s" * WIDTHS["servant"]),
        )
    )
    assert len(made.adapters[0].name) == 100


def test_of_two_adapters_of_one_name_the_last_counts() -> None:
    made = Registration.of(
        request(adapters=adapter(threadNum=1) + adapter(servant="a.s.OBJ", threadNum=2))
    )
    assert [each.thread_num for each in made.adapters] == [2]
