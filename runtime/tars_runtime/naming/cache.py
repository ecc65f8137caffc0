"""The endpoint lists of last time, in a file: what a client starts with when the registry is down.

Written at once or not at all, under a name of its own: the C++ and Go runtimes use
``<server>.tarsdat`` with formats of theirs.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from tars_runtime.atomic import write_text
from tars_runtime.errors import UsageError
from tars_runtime.naming.book import Listing
from tars_runtime.net.endpoint import Endpoint

__all__ = ["EndpointCache"]

log = logging.getLogger("tars.naming")

FORMAT = 1


class EndpointCache:
    """A file of listings by object and set."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lists: dict[str, dict[str, list[str]]] | None = None

    def recall(self, name: str, set_name: str) -> Listing:
        """The listing of last time; an empty one when there is none."""
        kept = self._load().get(_key(name, set_name), {})
        return Listing(
            tuple(self._readable(kept.get("active", []))),
            tuple(self._readable(kept.get("inactive", []))),
        )

    def _readable(self, texts: list[str]) -> Iterator[Endpoint]:
        """One endpoint that cannot be read is no reason to do without the others."""
        for text in texts:
            try:
                yield Endpoint.parse(text)
            except UsageError as error:
                log.warning("%s: %s", self._path, error)

    def keep(self, name: str, set_name: str, listing: Listing) -> None:
        """Remember a listing; a file that cannot be written is logged, and no more."""
        entry = {
            "active": [str(each) for each in listing.active],
            "inactive": [str(each) for each in listing.inactive],
        }
        if self._load().get(_key(name, set_name)) == entry:
            return
        try:
            self._write(_key(name, set_name), entry)
        except OSError as error:
            log.warning("%s: the endpoint cache is not written: %s", self._path, error)

    def _write(self, key: str, entry: dict[str, list[str]]) -> None:
        """Put an entry beside those that other processes have kept meanwhile.

        Without a lock, for which an event loop would wait: of two that write in the same
        millisecond, one entry waits for its list's next change.
        """
        self._lists = None
        lists = self._load()
        lists[key] = entry
        data = {"format": FORMAT, "objects": lists}
        write_text(self._path, json.dumps(data, indent=1, sort_keys=True))

    def _load(self) -> dict[str, dict[str, list[str]]]:
        if self._lists is None:
            self._lists = {}
            with suppress(FileNotFoundError):
                self._lists = self._read()
        return self._lists

    def _read(self) -> dict[str, dict[str, list[str]]]:
        try:
            data = json.loads(self._path.read_text(encoding="utf-8"))
            objects = data["objects"] if data["format"] == FORMAT else {}
            return {str(key): _entry(entry) for key, entry in objects.items()}
        except FileNotFoundError:
            raise
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            log.warning(
                "%s: an endpoint cache that cannot be read: %s", self._path, error
            )
            return {}


def _key(name: str, set_name: str) -> str:
    return f"{name}:{set_name}" if set_name else name


def _entry(entry: dict[str, Any]) -> dict[str, list[str]]:
    return {
        part: [str(each) for each in entry[part]] for part in ("active", "inactive")
    }
