"""Making and completing tables: both vintages of ``db_tars``, and nothing is destroyed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import URL
from tars_registry.storage.database import Database
from tars_registry.storage.engine import connect_writer
from tars_registry.storage.location import locate
from tars_registry.storage.migrate import migrate, missing
from tars_runtime.errors import ConfigError

from tests.registry.mariadb import MariaDB
from tests.registry.rig import Rig

SERVER_COLUMNS = {
    "node_group": ("varchar(50)", "NO", "''"),
    "registry_timestamp": ("timestamp", "NO", "current_timestamp()"),
    "setting_state": ("enum('active','inactive')", "NO", "'inactive'"),
    "present_state": (
        "enum('active','inactive','activating','deactivating','destroyed')",
        "NO",
        "'inactive'",
    ),
    "set_group": ("varchar(64)", "YES", "NULL"),
    "grid_flag": ("varchar(16)", "NO", "'NORMAL'"),
    "metrics_port": ("int(11)", "YES", "0"),
}


@pytest.fixture
def old(mariadb: MariaDB) -> Iterator[URL]:
    """A database of the older vintage: no flow_state, no metrics_port, nothing of ours."""
    mariadb.execute(
        "DROP DATABASE IF EXISTS db_old", "CREATE DATABASE db_old CHARACTER SET utf8"
    )
    url = locate(mariadb.dsn("db_old"), "", {})
    engine = connect_writer(url)
    migrate(engine)
    engine.dispose()
    mariadb.execute(
        "ALTER TABLE t_server_conf DROP COLUMN flow_state, DROP COLUMN metrics_port",
        "DROP TABLE tars2py_lease",
        "DROP TABLE tars2py_lock",
        "INSERT INTO t_server_conf (application, server_name, node_name) VALUES ('A', 'S', 'n')",
        database="db_old",
    )
    yield url
    mariadb.execute("DROP DATABASE db_old")


def test_a_new_database_gets_the_frameworks_columns(
    mysql: URL, mariadb: MariaDB
) -> None:
    rows = mariadb.execute(
        "SELECT column_name, column_type, is_nullable, column_default, extra "
        "FROM information_schema.columns "
        f"WHERE table_schema = '{mysql.database}' AND table_name = 't_server_conf'"
    )
    found = {str(row[0]): tuple(row[1:4]) for row in rows}
    assert {name: found[name] for name in SERVER_COLUMNS} == SERVER_COLUMNS
    stamp = next(row for row in rows if row[0] == "registry_timestamp")
    assert stamp[4] == "on update current_timestamp()"


def test_migrate_completes_an_older_database_and_keeps_its_rows(
    old: URL, mariadb: MariaDB
) -> None:
    engine = connect_writer(old)
    done = migrate(engine)
    assert done == [
        "created table tars2py_lease",
        "created table tars2py_lock",
        "added column t_server_conf.flow_state",
        "added column t_server_conf.metrics_port",
    ]
    assert migrate(engine) == []
    engine.dispose()
    rows = mariadb.execute(
        "SELECT application, flow_state, metrics_port FROM t_server_conf",
        database="db_old",
    )
    assert rows == [("A", "active", 0)]


def test_serving_never_alters_mysql(old: URL, mariadb: MariaDB) -> None:
    before = mariadb.execute("SHOW TABLES", database="db_old")
    with pytest.raises(ConfigError, match="run 'tarsregistry migrate'"):
        Database(old).prepare()
    assert mariadb.execute("SHOW TABLES", database="db_old") == before


async def test_an_older_schema_is_served_without_what_it_lacks(
    old: URL,
    mariadb: MariaDB,
    open_rig: Callable[..., Rig],
    caplog: pytest.LogCaptureFixture,
) -> None:
    engine = connect_writer(old)
    migrate(engine)
    engine.dispose()
    mariadb.execute(
        "ALTER TABLE t_server_conf DROP COLUMN flow_state, DROP COLUMN metrics_port",
        database="db_old",
    )
    rig = open_rig(old)
    await rig.load()
    assert "lacks flow_state and metrics_port" in caplog.text
    await rig.start()
    assert rig.active() == ["10.0.0.1"]
    servers = rig.operator.servers("Demo", "", "")
    await rig.operator.set_flow(servers, opened=False, expected=1)
    assert rig.inactive() == ["10.0.0.1"]
    await rig.start(disableFlow=True)
    assert rig.inactive() == ["10.0.0.1"]


def test_sqlite_makes_its_own_tables(tmp_path: Path) -> None:
    engine = connect_writer(locate("", str(tmp_path / "r.db"), {}))
    assert len(migrate(engine)) == len(sa.inspect(engine).get_table_names())
    assert missing(engine).tables == []
    engine.dispose()
