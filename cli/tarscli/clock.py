"""How far another machine's clock is from ours, by the ``Date`` of its HTTP answers."""

from __future__ import annotations

import http.client
import time
from email.utils import parsedate_to_datetime

__all__ = ["asked", "skew"]


def asked(host: str, port: int, timeout: float) -> float:
    """Seconds that ``host`` is surely ahead of us (negative: behind).

    Raises `OSError`, or `ValueError` when what answers there says no date.
    """
    line = http.client.HTTPConnection(host, port, timeout=timeout)
    try:
        sent = time.time()
        line.request("GET", "/readyz")
        date = line.getresponse().headers.get("Date", "")
        return skew(date, sent, time.time())
    except http.client.HTTPException as error:
        raise ValueError(f"no HTTP there: {type(error).__name__}") from error
    finally:
        line.close()


def skew(date: str, sent: float, received: float) -> float:
    """The smallest difference that explains ``date``, which was made between the two times.

    A date has no parts of a second, so that it stands for all of them. Raises `ValueError`.
    """
    if not date:
        raise ValueError("the answer has no Date")
    second = parsedate_to_datetime(date).timestamp()
    if second > received:
        return second - received
    return min(second + 1.0 - sent, 0.0)
