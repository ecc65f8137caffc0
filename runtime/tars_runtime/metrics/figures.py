"""The figures of a server at one moment: requests served and made, and each adapter's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from tars_runtime.metrics.table import Row, added_up

__all__ = ["AdapterFigures", "Figures", "from_json", "summed", "to_json"]


@dataclass(slots=True)
class AdapterFigures:
    """One adapter's; the first three are of now, the others of all time."""

    connections: int = 0
    running: int = 0
    waiting: int = 0
    accepted: int = 0
    refused: int = 0
    requests: int = 0
    failed: int = 0
    overloads: int = 0
    queue_timeouts: int = 0
    dropped: int = 0


@dataclass(slots=True)
class Figures:
    """One server's, of one process or of all."""

    version: str = ""
    """The framework's."""
    processes: int = 0
    served: list[Row] = field(default_factory=list[Row])
    called: list[Row] = field(default_factory=list[Row])
    adapters: dict[str, AdapterFigures] = field(
        default_factory=dict[str, AdapterFigures]
    )


def to_json(figures: Figures) -> dict[str, Any]:
    """As it goes from a worker to the administrator."""
    return asdict(figures)


def from_json(told: dict[str, Any]) -> Figures:
    """What `to_json` gave."""
    adapters = told["adapters"].items()
    return Figures(
        version=told["version"],
        processes=told["processes"],
        served=told["served"],
        called=told["called"],
        adapters={name: AdapterFigures(**each) for name, each in adapters},
    )


def summed(parts: Sequence[Figures]) -> Figures:
    """Those of several processes as one server's."""
    adapters: dict[str, AdapterFigures] = {}
    for part in parts:
        for name, figures in part.adapters.items():
            known = asdict(adapters.get(name, AdapterFigures()))
            more = asdict(figures)
            adapters[name] = AdapterFigures(
                **{key: known[key] + more[key] for key in known}
            )
    return Figures(
        version=parts[0].version if parts else "",
        processes=sum(part.processes for part in parts),
        served=added_up(part.served for part in parts),
        called=added_up(part.called for part in parts),
        adapters=adapters,
    )
