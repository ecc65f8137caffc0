"""What ``/metrics`` tells: calls, table sizes, expiries, and how the database does."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping

from tars_registry.core.keeper import Keeper
from tars_registry.core.registrar import Registrar
from tars_registry.http.exposition import Family
from tars_registry.lookup.answers import Answers
from tars_registry.servants.push import Subscriptions

__all__ = ["families"]


def families(
    registrar: Registrar,
    keeper: Keeper,
    answers: Answers,
    subscriptions: Subscriptions,
    queries: Mapping[str, int],
) -> Iterator[Family]:
    """All families, as they are now."""
    yield from _calls(registrar.counts, queries)
    yield from _tables(registrar)
    yield from _lives(keeper)
    yield from _database(registrar, keeper)
    refused = Family(
        "tarsregistry_refusals_total",
        "counter",
        "Requests against the access rules, by rule; allowed in mode report.",
    )
    for rule, count in sorted(registrar.access.counts.items()):
        refused.add(count, rule=rule, mode=registrar.access.mode)
    yield refused
    yield Family(
        "tarsregistry_answers_made_total", "counter", "Answers that were not kept."
    ).add(answers.made)
    yield Family(
        "tarsregistry_subscribers", "gauge", "Connections that are told of changes."
    ).add(len(subscriptions))
    yield Family(
        "tarsregistry_pushes_total", "counter", "Changes told to connections."
    ).add(subscriptions.pushed)
    yield Family(
        "tarsregistry_subscribers_dropped_total",
        "counter",
        "Connections that did not take what they were told.",
    ).add(subscriptions.dropped)


def _calls(counts: Counter[str], queries: Mapping[str, int]) -> Iterator[Family]:
    """Counts by what happened; the names are those of the counters."""
    for name, about in (
        ("registrations", "Servers that registered."),
        ("deregistrations", "Servers that left."),
        ("heartbeats", "Heartbeats received."),
        ("state_changes", "States that a heartbeat changed."),
        ("slow_commits", "Changes that the database did not commit in time."),
        ("other_instances", "Calls of an instance that was replaced; they do nothing."),
        ("rivals", "Registrations refused because another living copy has the name."),
    ):
        yield Family(f"tarsregistry_{name}_total", "counter", about).add(counts[name])
    by_function = Family(
        "tarsregistry_queries_total", "counter", "Queries, by function."
    )
    for function, count in queries.items():
        by_function.add(count, function=function)
    yield by_function


def _tables(registrar: Registrar) -> Iterator[Family]:
    catalog = registrar.memory.catalog
    states = Counter(each.present_state for each in catalog.servers.values())
    by_state = Family("tarsregistry_servers", "gauge", "Servers, by present state.")
    for state, count in sorted(states.items()):
        by_state.add(count, state=state or "unknown")
    yield by_state
    adapters = sum(len(each) for each in catalog.adapters.values())
    yield Family("tarsregistry_adapters", "gauge", "Adapters in the tables.").add(
        adapters
    )
    yield Family("tarsregistry_leases", "gauge", "Servers that registered here.").add(
        len(registrar.memory.leases)
    )


def _lives(keeper: Keeper) -> Iterator[Family]:
    for name, about in (
        ("sweeps", "Looks for silent servers."),
        ("expired", "Silent servers that were made inactive."),
        ("collected", "Servers whose rows were removed."),
        ("written_back", "Servers that the database had lost and was given back."),
        ("pauses", "Times that this process was stopped for a while."),
        ("faults", "Ticks that failed; each is in the log."),
    ):
        yield Family(f"tarsregistry_{name}_total", "counter", about).add(
            keeper.counts[name]
        )
    yield Family(
        "tarsregistry_held_back",
        "gauge",
        "Silent servers that were not made inactive because they were too many at once.",
    ).add(keeper.held_back)


def _database(registrar: Registrar, keeper: Keeper) -> Iterator[Family]:
    store = registrar.store
    yield Family(
        "tarsregistry_database_up", "gauge", "1 while the database can be reached."
    ).add(store.outage_since is None)
    yield Family(
        "tarsregistry_from_snapshot",
        "gauge",
        "1 while answers come from a snapshot, for the database was away at the start.",
    ).add(registrar.memory.picture_taken is not None)
    yield Family(
        "tarsregistry_database_outages_total", "counter", "Times it was lost."
    ).add(store.outages)
    yield Family(
        "tarsregistry_heartbeats_from_memory_total",
        "counter",
        "Heartbeats whose commit took too long, and that were answered without.",
    ).add(store.beats_from_memory)
    yield Family("tarsregistry_commits_total", "counter", "Transactions.").add(
        store.commits
    )
    yield Family(
        "tarsregistry_commit_seconds_total", "counter", "Time spent in transactions."
    ).add(store.commit_seconds)
    yield Family(
        "tarsregistry_heartbeat_commit_seconds",
        "gauge",
        "How long the oldest heartbeat of the last commit had waited for it.",
    ).add(store.heartbeat_seconds)
    yield Family(
        "tarsregistry_waiting_changes", "gauge", "Changes that wait for their commit."
    ).add(store.waiting)
    yield Family(
        "tarsregistry_poll_seconds", "gauge", "How long the last look at changes took."
    ).add(keeper.poll_seconds)
    if keeper.last_poll is not None:
        yield Family(
            "tarsregistry_lag_seconds",
            "gauge",
            "Age of what is known of other replicas' changes.",
        ).add(time.monotonic() - keeper.last_poll)
