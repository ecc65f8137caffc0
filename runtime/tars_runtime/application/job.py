"""One request between its arrival and its answer."""

from __future__ import annotations

from tars_runtime.application.routes import Route
from tars_runtime.net.server import Peer
from tars_runtime.protocol import Request
from tars_runtime.rpc import Current

__all__ = ["Job"]


class Job(Current):
    """A request with its route; the servant sees it as its `Current`."""

    __slots__ = ("arrived", "connection", "open", "route", "waited")

    def __init__(
        self, request: Request, connection: Peer, route: Route, now: float
    ) -> None:
        self.request = request
        self.caller = self.connection = connection
        self.route = route
        self.arrived = now
        limit = request.timeout_ms
        self.deadline = now + limit / 1000 if limit > 0 else None
        self.waited = 0.0
        """Seconds in the queue."""
        self.open = False
        """Counted among the requests that its connection is owed an answer for."""
        self._reply_context = None
        self._reply_status = None

    @property
    def where(self) -> str:
        """``App.Server.Obj.function``, for logs."""
        return f"{self.request.servant}.{self.request.function}"

    def forget_reply_maps(self) -> None:
        """What the servant wanted to send beside the answer cannot be sent."""
        self._reply_context = self._reply_status = None
