"""What the supervisor shows of itself: for ``tarscli status``, for probes, for Prometheus."""

from __future__ import annotations

from typing import Any

from tarscli.states import Policy, State, Word
from tarscli.supervisor.probes import metrics_text
from tarscli.supervisor.reporter import Figures
from tarscli.transitions import shown_word

__all__ = ["is_ready", "metrics", "status"]


def status(
    state: State, policy: Policy, figures: Figures, pid: int | None, now: float
) -> dict[str, Any]:
    """The stable fields of ``tarscli status -o json``; times in seconds."""
    return {
        "state": shown_word(state, policy).value,
        "reported": state.word.value,
        "server": state.phase.value,
        "pid": pid,
        "starts": state.starts,
        "uptime": round(now - state.started, 1) if pid else 0.0,
        "failures": state.failures,
        "last_exit": str(state.exit) if state.exit else None,
        "held": state.held,
        "leaving": state.leaving,
        "registered": state.acknowledged,
        "registry_error": figures.last_error if figures.failures else None,
    }


def is_ready(state: State, policy: Policy) -> bool:
    """Active, and known to the registry."""
    return shown_word(state, policy) is Word.ACTIVE


def metrics(state: State, policy: Policy, figures: Figures, now: float) -> str:
    """The page of ``/metrics``."""
    since = now - figures.last_success if figures.last_success else -1.0
    return metrics_text(
        {
            "tarscli_server_active": (
                "gauge",
                "1 while the server is active and registered.",
                float(is_ready(state, policy)),
            ),
            "tarscli_server_starts_total": (
                "counter",
                "Starts of the server.",
                float(state.starts),
            ),
            "tarscli_registry_beats_total": (
                "counter",
                "States that the registry took.",
                float(figures.beats),
            ),
            "tarscli_registry_failures_total": (
                "counter",
                "Calls of the registry that failed.",
                float(figures.failures),
            ),
            "tarscli_registry_latency_seconds": (
                "gauge",
                "Duration of the last call that succeeded.",
                figures.latency,
            ),
            "tarscli_registry_last_success_age_seconds": (
                "gauge",
                "Seconds since then; -1 before the first.",
                since,
            ),
        }
    )
