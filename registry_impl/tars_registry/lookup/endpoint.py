"""What an endpoint's text in the tables means, read exactly as the C++ registry reads it.

Its accidents are kept, because rows that it publishes must be published here, too: a missing
``-h`` is 0.0.0.0, a repeated option takes its last value, an unknown one is skipped. A text that
it rejects gives ``None``, and the row is in no answer. Source: TarsCpp ``TC_Endpoint::parse``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

__all__ = ["Parsed", "parse"]

TRANSPORTS: Final = {"udp": 0, "tcp": 1, "ssl": 2}
"""``EndpointF.istcp`` by the first word of the text."""

DEFAULT_TIMEOUT: Final = 3000
MAX_WEIGHT: Final = 100
REMEMBERED: Final = 1024
"""Texts whose meaning is remembered: a registration asks several times for each of its own."""

MAX_INT: Final = 2**31 - 1

_USUAL: Final = re.compile(
    r"(tcp|udp|ssl) -h ([^\s-]\S*) -p ([0-9]{1,5}) -t ([0-9]{1,9})"
)
"""What nearly all endpoints look like."""

# An option is a dash and one character; its value may not start with a dash.
_NUMBER: Final = re.compile(r"\+?[0-9]{1,64}\Z")

_LIMITS: Final = {
    "p": 65535,
    "t": MAX_INT,
    "g": MAX_INT,
    "q": MAX_INT,
    "w": MAX_INT,
    "v": MAX_INT,
    "e": 1,
}
"""The options that want a number, with the greatest one that is accepted."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """An endpoint as a query answers it; times in milliseconds."""

    host: str = "0.0.0.0"
    port: int = 0
    timeout: int = DEFAULT_TIMEOUT
    istcp: int = 1
    weight: int = -1
    weight_type: int = 0
    auth_type: int = 0


@lru_cache(maxsize=REMEMBERED)
def parse(text: str) -> Parsed | None:
    """Read ``tcp -h HOST -p PORT -t MS ...``; ``None`` when the C++ registry rejects it."""
    usual = _USUAL.fullmatch(text)
    if usual is not None and int(usual[3]) <= _LIMITS["p"]:
        return Parsed(
            host="0.0.0.0" if usual[2] == "*" else usual[2],
            port=int(usual[3]),
            timeout=int(usual[4]),
            istcp=TRANSPORTS[usual[1]],
        )
    words = text.split()
    if not words or words[0] not in TRANSPORTS:
        return None
    options = _options(words[1:])
    if options is None or not all(_acceptable(*option) for option in options):
        return None
    last = dict(options)
    host = last.get("h", "*")
    weight_type = int(last.get("v", 0))
    return Parsed(
        host="0.0.0.0" if host == "*" else host,
        port=int(last.get("p", 0)),
        timeout=int(last.get("t", DEFAULT_TIMEOUT)),
        istcp=TRANSPORTS[words[0]],
        weight=_weight(int(last.get("w", -1)), weight_type),
        weight_type=weight_type,
        auth_type=int(last.get("e", 0)),
    )


def _options(words: list[str]) -> list[tuple[str, str]] | None:
    """Letters and values ("" when there is none) as they come; ``None`` for a stray word."""
    found: list[tuple[str, str]] = []
    bare = False
    for word in words:
        if word.startswith("-"):
            if len(word) != 2:
                return None
            found.append((word[1], ""))
            bare = True
        elif bare:
            found[-1] = (found[-1][0], word)
            bare = False
        else:
            return None
    return found


def _acceptable(letter: str, value: str) -> bool:
    """A host is not empty, a number is one and within its limit; other letters may be anything."""
    if letter == "h":
        return value != ""
    greatest = _LIMITS.get(letter)
    if greatest is None:
        return True
    return _NUMBER.match(value) is not None and int(value) <= greatest


def _weight(weight: int, weight_type: int) -> int:
    """A weighted endpoint has 0 to 100, 100 when it does not say; any other keeps its text."""
    if weight_type == 0:
        return weight
    return MAX_WEIGHT if weight < 0 else min(weight, MAX_WEIGHT)
