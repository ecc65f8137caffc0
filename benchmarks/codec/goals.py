"""The goals: how many times faster than a peer each engine must be, by shape, both ways."""

from __future__ import annotations

from typing import Final

__all__ = ["GOALS"]

GOALS: Final[dict[tuple[str, str, str, str], float]] = {
    ("request_packet", "compiled", "encode", "tarsio"): 0.5,
    ("request_packet", "compiled", "decode", "tarsio"): 0.85,
    ("endpoints", "compiled", "encode", "tarsio"): 0.45,
    ("endpoints", "compiled", "decode", "tarsio"): 0.85,
    ("mixed", "compiled", "encode", "tarsio"): 0.2,
    ("mixed", "compiled", "decode", "tarsio"): 0.27,
    ("ids_1000", "compiled", "decode", "tarsio"): 0.9,
    ("request_packet", "native", "encode", "tarsio"): 4.5,
    ("request_packet", "native", "decode", "tarsio"): 5,
    ("endpoints", "native", "encode", "tarsio"): 5,
    ("endpoints", "native", "decode", "tarsio"): 5,
    ("mixed", "native", "encode", "tarsio"): 2.5,
    ("mixed", "native", "decode", "tarsio"): 1.9,
    ("request_packet", "native", "encode", "msgspec"): 1.0,
    ("request_packet", "native", "decode", "msgspec"): 1.0,
    ("endpoints", "native", "encode", "msgspec"): 1.0,
    ("endpoints", "native", "decode", "msgspec"): 1.0,
    ("mixed", "native", "encode", "msgspec"): 0.85,
    ("mixed", "native", "decode", "msgspec"): 0.85,
    **{
        (shape, "compiled", way, "stock_construct"): 50.0
        for shape in ("request_packet", "endpoints", "mixed")
        for way in ("encode", "decode")
    },
}
"""(shape, engine, way, peer) -> ratio; a pair that is not here is measured for context."""
