"""Several worker processes under one master: forks, restarts, drains, and how they talk."""

from tars_runtime.workers.lifeline import watch
from tars_runtime.workers.master import MARGIN, Master
from tars_runtime.workers.seats import STOP, Desk, Seat

__all__ = ["MARGIN", "STOP", "Desk", "Master", "Seat", "watch"]
