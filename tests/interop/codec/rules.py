"""The accepted differences between the codecs, each with the peers that it holds for.

Nothing else may differ. docs/wire.md has the same tables for readers, and `test_rules` compares.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.codec.schemas import Spec
from tests.interop.codec.forms import holds

__all__ = ["EXCLUDED", "RULES", "Rule", "allowed"]


@dataclass(frozen=True)
class Rule:
    """One difference: who makes it, where it can show, and why it is accepted."""

    peers: frozenset[str]
    touches: Callable[[Spec], bool]
    why: str


RULES: dict[str, Rule] = {
    "map order": Rule(
        frozenset({"go", "node", "java", "tarsio"}),
        lambda spec: holds(spec, "map"),
        "order carries no meaning: Go's is random, Java's that of a HashMap, Node sorts"
        " integer keys; both sides are compared sorted by key",
    ),
    "zero floats": Rule(
        frozenset({"node", "tarsio"}),
        lambda spec: holds(spec, "float", "double"),
        "0.0 and -0.0 are written as ZERO, and the sign is lost; C++, Go, Java and we write"
        " them in full, and every reader takes both",
    ),
    "NaN bits": Rule(
        frozenset({"go", "node", "java", "tarsio"}),
        lambda spec: holds(spec, "float", "double"),
        "a NaN may come back with other bits: JavaScript has one NaN, hardware quiets",
    ),
}

EXCLUDED: dict[str, tuple[Callable[[Spec], bool], str]] = {
    "node": (
        lambda spec: _key(spec, "bool", "long", "unsigned int", "struct"),
        "@tars/stream keeps a map in an object: other keys come back as text",
    ),
    "tarsio": (
        lambda spec: holds(spec, "float") or _key(spec, "struct"),
        "tarsio has no 32-bit float, and no struct as a key",
    ),
}
"""Schemas that a peer's own interface cannot carry, so that nothing can be compared."""


def allowed(peer: str, spec: Spec) -> bool:
    """Whether a schema can be exchanged with a peer at all."""
    if peer not in EXCLUDED:
        return True
    cannot, _why = EXCLUDED[peer]
    return not cannot(spec)


def _key(spec: Any, *kinds: str) -> bool:
    if spec[0] == "map" and spec[1][0] in kinds:
        return True
    if spec[0] == "struct":
        return any(_key(row[2], *kinds) for row in spec[1])
    return any(_key(each, *kinds) for each in spec[1:] if isinstance(each, list))
