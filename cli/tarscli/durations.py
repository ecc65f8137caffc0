"""How long: one integer and one unit, as in ``30s``; the grammar of every time option.

Imports nothing, because the probe (`tarscli.hzcheck`) uses it.
"""

__all__ = ["UNITS", "parse_duration", "show_duration"]

UNITS = {
    "ns": 1e-9,
    "us": 1e-6,
    "ms": 1e-3,
    "s": 1.0,
    "m": 60.0,
    "h": 3600.0,
    "d": 86400.0,
}
"""Unit to seconds; lower case only, as the Go tool has them."""

_LONGEST = 100 * 366 * 86400.0


def parse_duration(text: str) -> float:
    """Seconds of ``text``: empty or ``0`` is 0, else an integer and a unit without blanks.

    Raises `ValueError` with what is wrong; fractions and compounds (``1h30m``) are refused.
    """
    if text in ("", "0"):
        return 0.0
    unit = text[-2:] if text[-2:] in UNITS and len(text) > 2 else text[-1:]
    number = text[: -len(unit)]
    digits = number[1:] if number[:1] in ("+", "-") else number
    if unit not in UNITS or not (digits.isascii() and digits.isdigit()):
        raise ValueError("expected a whole number and a unit of " + " ".join(UNITS))
    if len(digits) > 25 or abs(int(number) * UNITS[unit]) > _LONGEST:
        raise ValueError("expected at most 100 years")
    return int(number) * UNITS[unit]


def show_duration(seconds: float) -> str:
    """``seconds`` as this grammar writes it, in the largest unit that divides it."""
    nanoseconds = round(seconds * 1e9)
    if nanoseconds == 0:
        return "0s"
    for unit in reversed(UNITS):
        size = round(UNITS[unit] * 1e9)
        if nanoseconds % size == 0 and unit != "d":
            return f"{nanoseconds // size}{unit}"
    return f"{nanoseconds}ns"
