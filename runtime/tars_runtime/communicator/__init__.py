"""The client: one object owns the configuration, the endpoint lists and the connections."""

from tars_runtime.communicator.communicator import Communicator, EndpointState

__all__ = ["Communicator", "EndpointState"]
