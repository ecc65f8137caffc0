"""What the registry's tests share: databases of each kind, and registries on them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy.engine import URL
from tars_registry.storage.engine import connect_writer
from tars_registry.storage.location import locate
from tars_registry.storage.migrate import migrate

from tests.registry.cable import Cable
from tests.registry.mariadb import MariaDB
from tests.registry.program import Process
from tests.registry.rig import Rig

STRICT = "STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION"


@pytest.fixture(scope="session")
def mariadb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MariaDB]:
    """A private server for the whole run."""
    MariaDB.programs()
    server = MariaDB(tmp_path_factory.mktemp("mariadb"))
    server.install()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def cable(mariadb: MariaDB) -> Iterator[Cable]:
    """A way to the private server that can be cut."""
    made = Cable(mariadb.port)
    yield made
    made.close()


@pytest.fixture(params=["sqlite", "mysql-strict", "mysql-lax"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> URL:
    """An empty, migrated database of each kind."""
    if request.param == "sqlite":
        return locate("", str(tmp_path / "registry.db"), {})
    server: MariaDB = request.getfixturevalue("mariadb")
    mode = STRICT if request.param == "mysql-strict" else ""
    server.execute(f"SET GLOBAL sql_mode = '{mode}'")
    return empty_database(server)


@pytest.fixture
def mysql(mariadb: MariaDB) -> URL:
    """An empty, migrated MySQL database in strict mode."""
    mariadb.execute(f"SET GLOBAL sql_mode = '{STRICT}'")
    return empty_database(mariadb)


def empty_database(server: MariaDB, name: str = "db_tars") -> URL:
    """Make the database once, and empty its tables."""
    exists = server.execute(f"SHOW DATABASES LIKE '{name}'")
    url = locate(server.dsn(name), "", {})
    if not exists:
        server.execute(f"CREATE DATABASE {name} CHARACTER SET utf8")
        engine = connect_writer(url)
        migrate(engine)
        engine.dispose()
    tables = [row[0] for row in server.execute("SHOW TABLES", database=name)]
    server.execute(*(f"DELETE FROM {each}" for each in tables), database=name)
    return url


@pytest_asyncio.fixture
async def open_rig() -> AsyncIterator[Callable[..., Rig]]:
    """Opens registries; each is closed at the end."""
    rigs: list[Rig] = []

    def opened(url: URL, **settings: object) -> Rig:
        rig = Rig(url, **settings)  # type: ignore[arg-type]  # passed through as they are
        rigs.append(rig)
        return rig

    yield opened
    for rig in rigs:
        await rig.close()


@pytest_asyncio.fixture
async def rig(url: URL, open_rig: Callable[..., Rig]) -> Rig:
    """A registry on each kind of database."""
    opened = open_rig(url)
    await opened.load()
    return opened


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Process]:
    """The program on a SQLite file, for one test."""
    process = Process(tmp_path)
    yield process
    process.close()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    """The program on a SQLite file, for the tests of a module that do not mind each other."""
    process = Process(tmp_path_factory.mktemp("registry"))
    yield process
    process.close()
