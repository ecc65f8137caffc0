"""Several worker processes under one master: forks, restarts, drains, and how they talk."""

from tars_runtime.workers.master import Master
from tars_runtime.workers.seats import STOP, Desk, Seat

__all__ = ["STOP", "Desk", "Master", "Seat"]
