"""Fixtures of tarscli's black-box tests: a fake registry and a room with a fake server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tarscli.fake_registry import FakeRegistry
from tests.tarscli.room import Room
from tests.tarscli.warm import close_warm_interpreter


@pytest.fixture(scope="session", autouse=True)
def _the_warm_interpreter_ends() -> Iterator[None]:
    yield
    close_warm_interpreter()


@pytest.fixture
def registry() -> Iterator[FakeRegistry]:
    with FakeRegistry() as started:
        yield started


@pytest.fixture
def room(tmp_path: Path, registry: FakeRegistry) -> Iterator[Room]:
    made = Room(tmp_path / "tars", registry.locator)
    try:
        yield made
    finally:
        made.close()
