"""Scenarios that mostly wait, run at the same time, each with a room and a registry of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeAlias

from tests.tarscli.fake_registry import FakeRegistry
from tests.tarscli.room import Room

__all__ = ["Scenario", "side_by_side"]

Scenario: TypeAlias = Callable[[Room, FakeRegistry], None]


def side_by_side(folder: Path, scenarios: Mapping[str, Scenario]) -> None:
    """Run all; raises the first one's failure, with its name. A room is named as its scenario."""

    def one(name: str) -> None:
        with FakeRegistry() as registry:
            room = Room(folder / name, registry.locator)
            try:
                scenarios[name](room, registry)
            finally:
                room.close()

    with ThreadPoolExecutor(len(scenarios)) as pool:
        for name, result in [(name, pool.submit(one, name)) for name in scenarios]:
            failure = result.exception()
            if failure is not None:
                failure.add_note(f"in the scenario {name}")
                raise failure
