"""Which registry the commands ask: the option, else what genconf resolved, else the meta file."""

from __future__ import annotations

from pathlib import Path

from tars_runtime.errors import ConfigError, NoEndpoint
from tars_runtime.net.endpoint import Endpoint, ObjectRef
from tars_runtime.protocol import Code

from tarscli.info import load_info
from tarscli.layout import Layout
from tarscli.meta import load_meta
from tarscli.options import Options
from tarscli.registry_client import endpoint_text, find_endpoints, locator_of

__all__ = ["locator", "resolved"]


def locator(options: Options) -> ObjectRef:
    """The locator of this pod; raises `ConfigError`."""
    text = options.text("locator")
    if not text:
        layout = Layout(Path(options.text("tars_path")))
        try:
            text = load_info(layout.info).server.locator
        except ConfigError:
            text = load_meta(layout.meta)[0].locator
    return locator_of(text.replace("${namespace}", options.text("namespace")))


async def resolved(name: str, options: Options) -> ObjectRef:
    """An object with endpoints: its own, or the registry's; raises `NoEndpoint`."""
    target = ObjectRef.parse(name)
    if target.endpoints:
        return target
    active, _ = await find_endpoints(
        locator(options), target.name, options.seconds("timeout")
    )
    if not active:
        raise NoEndpoint(
            Code.NO_ENDPOINT,
            f"the registry knows no active endpoint of {target.name}; see tarscli ls",
        )
    return ObjectRef(
        target.name, tuple(Endpoint.parse(endpoint_text(each)) for each in active)
    )
