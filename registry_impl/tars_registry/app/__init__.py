"""The program ``tarsregistry``: its settings, its commands, and the server put together."""

from tars_registry.app.main import main

__all__ = ["main"]
