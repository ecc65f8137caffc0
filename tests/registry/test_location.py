"""Which database a setting names; the password is never shown."""

from __future__ import annotations

import pytest
from tars_registry.storage.location import locate, shown
from tars_runtime.errors import ConfigError


@pytest.mark.parametrize(
    ("given", "environment", "url"),
    [
        pytest.param("", {}, "sqlite:///x.db", id="nothing is SQLite"),
        pytest.param("/a/b.db", {}, "sqlite:////a/b.db", id="a path"),
        pytest.param("sqlite:///b.db", {}, "sqlite:///b.db", id="a SQLite URL"),
        pytest.param("mysql://u:p@h:1/d", {}, "mysql+pymysql://u:p@h:1/d", id="a URL"),
        pytest.param(
            "u:p@tcp(h:1)/d?charset=utf8",
            {},
            "mysql+pymysql://u:p@h:1/d",
            id="Go's form",
        ),
        pytest.param(
            "u:p@:x@tcp(h)/",
            {},
            "mysql+pymysql://u:p%40%3Ax@h:3306/db_tars",
            id="a password with signs",
        ),
        pytest.param(
            "u@tcp([::1]:33)/d", {}, "mysql+pymysql://u@[::1]:33/d", id="IPv6"
        ),
        pytest.param(
            "", {"DB_DSN": "u@tcp(h:1)/d"}, "mysql+pymysql://u@h:1/d", id="DB_DSN"
        ),
        pytest.param(
            "",
            {"DB_HOST": "h"},
            "mysql+pymysql://root@h:3306/db_tars",
            id="DB_HOST alone: no built-in password",
        ),
        pytest.param(
            "",
            {"DB_HOST": "h", "DB_USER": "u", "DB_PASS": "p", "DB_PORT": "5"},
            "mysql+pymysql://u:p@h:5/db_tars",
            id="DB_ parts",
        ),
        pytest.param("b.db", {"DB_HOST": "h"}, "sqlite:///b.db", id="an option wins"),
    ],
)
def test_locations(given: str, environment: dict[str, str], url: str) -> None:
    found = locate(given, "x.db", environment)
    assert found.render_as_string(hide_password=False) == url


@pytest.mark.parametrize(
    "given",
    [
        "postgres://u:secret@h/d",
        "u:secret@h:3306/d",
        "u:secret@tcp(h:x)/d",
        "mysql://u:secret@h:port/d",
    ],
)
def test_a_wrong_location_is_refused_without_showing_it(given: str) -> None:
    with pytest.raises(ConfigError) as caught:
        locate(given, "x.db", {})
    assert "--db" in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_location_is_shown_without_its_password() -> None:
    assert shown(locate("u:secret@tcp(h:1)/d", "", {})) == "MySQL h:1/d"
    assert shown(locate("", "x.db", {})) == "SQLite x.db"
