"""Local and remote logs, through the standard `logging` module, named and laid out as in C++."""

from tars_runtime.logs.remote import RemoteHandler
from tars_runtime.logs.setup import Logs

__all__ = ["Logs", "RemoteHandler"]
