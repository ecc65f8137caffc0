"""The server: adapters, servants, administration, and the order in which they start and stop."""

from tars_runtime.application.application import Application

__all__ = ["Application"]
