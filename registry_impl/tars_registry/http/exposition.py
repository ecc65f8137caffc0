"""The Prometheus text format: families of samples, each with its kind and meaning."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

__all__ = ["CONTENT_TYPE", "Family", "exposition"]

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(slots=True)
class Family:
    """All samples of one name."""

    name: str
    kind: Literal["counter", "gauge"]
    about: str
    samples: list[tuple[Mapping[str, str], float]] = field(
        default_factory=list[tuple[Mapping[str, str], float]]
    )

    def add(self, value: float, **labels: str) -> Family:
        """Add a sample; returns the family."""
        self.samples.append((labels, value))
        return self


def exposition(families: Iterable[Family]) -> str:
    """The text that Prometheus reads."""
    lines: list[str] = []
    for family in families:
        lines.append(f"# HELP {family.name} {family.about}")
        lines.append(f"# TYPE {family.name} {family.kind}")
        lines += [
            f"{family.name}{_labels(labels)} {value:.10g}"
            for labels, value in family.samples
        ]
    return "\n".join(lines) + "\n"


def _labels(labels: Mapping[str, str]) -> str:
    if not labels:
        return ""
    pairs = (f'{name}="{_escaped(value)}"' for name, value in labels.items())
    return "{" + ",".join(pairs) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
