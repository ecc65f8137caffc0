"""A registry without a server: its answers are a test's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tars_runtime.errors import NoEndpoint
from tars_runtime.naming.book import Listing
from tars_runtime.net.endpoint import Endpoint
from tars_runtime.protocol import Code

__all__ = ["FakeRegistry"]


class FakeRegistry:
    """A locator whose answers a test decides: ``Communicator(locator=registry)``."""

    def __init__(
        self, objects: Mapping[str, Sequence[Endpoint | str]] | None = None
    ) -> None:
        self.questions: list[tuple[str, str]] = []
        """Each question: the object, the set of who asks."""
        self.is_down = False
        """Set it, and every question fails."""
        self._active: dict[str, list[Endpoint]] = {}
        for name, endpoints in (objects or {}).items():
            for endpoint in endpoints:
                self.add(name, endpoint)

    def add(self, name: str, endpoint: Endpoint | str) -> None:
        """An endpoint of an object."""
        made = Endpoint.parse(endpoint) if isinstance(endpoint, str) else endpoint
        self._active.setdefault(name, []).append(made)

    def remove(self, name: str, endpoint: Endpoint | str) -> None:
        """The object is there no more."""
        made = Endpoint.parse(endpoint) if isinstance(endpoint, str) else endpoint
        self._active[name].remove(made)

    async def find(self, name: str, *, set_name: str, timeout: float) -> Listing:
        """Answer as the registry would, and at once."""
        del timeout
        self.questions.append((name, set_name))
        if self.is_down:
            raise NoEndpoint(
                Code.CONNECT, "expected the registry, got a test's is_down"
            )
        return Listing(tuple(self._active.get(name, ())))
