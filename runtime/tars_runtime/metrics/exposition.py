"""Figures as Prometheus reads them: the names, the kinds and the help texts are this module's.

prometheus-client writes the text, in the form that the reader asks for. Metrics that the
application registers with prometheus-client itself stand on the same page.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from itertools import accumulate
from typing import Final

from prometheus_client import REGISTRY, CollectorRegistry
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.exposition import choose_encoder
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from tars_runtime.metrics.figures import Figures
from tars_runtime.metrics.table import BUCKETS, Row

__all__ = ["page"]

_BOUNDS: Final = (*map(str, BUCKETS), "+Inf")
_CALL: Final = ("object", "function", "code")

_GAUGES: Final = {
    "connections": "Connections that are open.",
    "running": "Requests that run.",
    "waiting": "Requests that wait in the queue.",
}
_COUNTERS: Final = {
    "accepted": "Connections accepted.",
    "refused": "Connections refused: too many, or not allowed.",
    "requests": "Requests, those that were refused included.",
    "failed": "Requests answered with a code other than 0.",
    "overloads": "Requests refused because the queue was full (-9).",
    "queue_timeouts": "Requests that waited too long (-6).",
    "dropped": "One-way requests refused: nobody could be told.",
}


class _Collector(Collector):
    """Gives one server's figures to a registry."""

    def __init__(self, figures: Figures) -> None:
        self._figures = figures

    def collect(self) -> Iterable[Metric]:
        figures = self._figures
        yield _info(figures)
        yield from _calls("tars_server", "answered", figures.served)
        yield from _calls("tars_client", "made", figures.called)
        for name, text in _GAUGES.items():
            gauge = GaugeMetricFamily(f"tars_adapter_{name}", text, labels=["adapter"])
            for adapter, each in figures.adapters.items():
                gauge.add_metric([adapter], getattr(each, name))
            yield gauge
        for name, text in _COUNTERS.items():
            counter = CounterMetricFamily(
                f"tars_adapter_{name}", text, labels=["adapter"]
            )
            for adapter, each in figures.adapters.items():
                counter.add_metric([adapter], getattr(each, name))
            yield counter


def _info(figures: Figures) -> Metric:
    gauge = GaugeMetricFamily(
        "tars_server_processes",
        "Processes that serve, by the framework's version.",
        labels=["version"],
    )
    gauge.add_metric([figures.version], figures.processes)
    return gauge


def _calls(prefix: str, word: str, rows: list[Row]) -> Iterator[Metric]:
    total = CounterMetricFamily(
        f"{prefix}_requests", f"Requests {word}, by return code.", labels=_CALL
    )
    spent = HistogramMetricFamily(
        f"{prefix}_request_duration_seconds",
        f"How long requests {word} took, waiting included.",
        labels=_CALL,
    )
    for *labels, seconds, counts in rows:
        upto = list(accumulate(counts))
        total.add_metric(labels, upto[-1])
        spent.add_metric(labels, list(zip(_BOUNDS, upto, strict=True)), seconds)
    yield total
    yield spent


def page(figures: Figures, accept: str) -> tuple[bytes, str]:
    """The page and its content type, for what a reader accepts."""
    encode, content_type = choose_encoder(accept)
    ours = CollectorRegistry()
    ours.register(_Collector(figures))
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        theirs = CollectorRegistry()
        MultiProcessCollector(theirs)  # type: ignore[no-untyped-call]  # theirs is not typed
    else:
        theirs = REGISTRY
    return encode(_Both(ours, theirs)), content_type


class _Both(CollectorRegistry):
    """Two registries as one, for the encoder."""

    def __init__(self, *parts: CollectorRegistry) -> None:
        super().__init__()
        self._parts = parts

    def collect(self) -> Iterator[Metric]:
        for part in self._parts:
            yield from part.collect()
