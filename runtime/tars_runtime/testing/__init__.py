"""For the tests of services: a proxy joined to a servant, a registry, a record of calls.

::

    async def test_greets() -> None:
        greeter = testing.join(GreeterProxy, Greeter())
        assert (await greeter.greet(Greeting(name="Ann"))).text == "hello Ann"

The bytes are those that would travel: arguments and results pass the codec, errors become return
codes and errors again. Only the sockets are missing.
"""

from tars_runtime.testing.memory import join
from tars_runtime.testing.records import Recorder, Sample, StatSink
from tars_runtime.testing.registry import FakeRegistry
from tars_runtime.testing.server import serving

__all__ = ["FakeRegistry", "Recorder", "Sample", "StatSink", "join", "serving"]
