"""The reference page of the settings (docs/runtime-configuration.md), made from the settings.

``python -m tars_runtime.config > docs/runtime-configuration.md`` writes it; a test holds that the
page in the repository is the one that this gives.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from tars_runtime.config.adapter import AdapterConfig
from tars_runtime.config.client import ClientConfig
from tars_runtime.config.objects import ObjectConfig
from tars_runtime.config.server import ServerConfig
from tars_runtime.config.settings import describe

__all__ = ["page"]

INTRODUCTION: Final = """\
# Configuration

<!-- Made by `python -m tars_runtime.config`: change tars_runtime/config, not this page. -->

A server is started with `--config=FILE` (or `TARS_CONFIG=FILE`); a client may read the same file
with `Communicator.from_config(FILE)`. Every setting is a keyword argument, too:
`Communicator(call_timeout=1.0)`, `ServerConfig(app="Demo")`, `AdapterConfig(threads=4)`. Times
are milliseconds in the file and seconds in Python.

## The file

It looks like XML and is not; it is read line by line, as the C++ runtime does it:

```
# a comment
<tars>
  <application>
    enableset=n
    <server>
      app=Demo
      server=HelloServer
      <GreeterObjAdapter>
        endpoint=tcp -h 127.0.0.1 -p 10000 -t 60000
        servant=Demo.HelloServer.GreeterObj
      </GreeterObjAdapter>
    </server>
    <client>
      locator=tars.tarsregistry.QueryObj@tcp -h 127.0.0.1 -p 17890
    </client>
  </application>
</tars>
```

* A line is a comment (`#`), `<name>`, `</name>`, or `key = value`; without `=` the value is "".
* In values `\\\\ \\r \\n \\t \\=` are escapes; any other backslash is itself.
* A key that comes again wins; a domain that comes again is merged.
* Keys that nobody knows are kept: `config["/tars/application/server/mine"]` reads them.
* An empty value counts as absent. A wrong one is an error that names file, line and key.
* Sizes may end with K, M or G. Flags are `y`, `n`, `1`, `0`, `true`, `false`, `on`, `off`.
* `enableset=y` and `setdivision=name.area.group` in `/tars/application`: the process's set.

```python
config = Config.load("server.conf")
config["/tars/application/server/app"]              # "Demo"; ConfigError when it is not there
config.get("/tars/application/server/none", "x")    # "x"
config.domain("/tars/application/server").domains   # the sub-domains, in order
config["/tars/application/server/app"] = "Other"; config.save("other.conf")
```
"""

SECTIONS: Final[tuple[tuple[str, str, type[Any]], ...]] = (
    (
        "## Client",
        "Domain `/tars/application/client`, class `ClientConfig`.",
        ClientConfig,
    ),
    (
        "## One object",
        "Any domain of the client's that is named `App.Server.Obj`, class `ObjectConfig`.",
        ObjectConfig,
    ),
    (
        "## Server",
        "Domain `/tars/application/server`, class `ServerConfig`.",
        ServerConfig,
    ),
    (
        "## Adapter",
        "Any domain of the server's that has an `endpoint`, class `AdapterConfig`.",
        AdapterConfig,
    ),
)

HEAD: Final = (
    "| key | keyword | unit | default | meaning |",
    "|---|---|---|---|---|",
)


def page() -> str:
    """The whole page."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield INTRODUCTION.rstrip("\n")
    for title, about, settings in SECTIONS:
        yield from ("", title, "", about, "", *HEAD)
        for keys, name, unit, default, meaning in describe(settings):
            shown = f"`{default}`" if default else ""
            yield f"| `{keys}` | `{name}` | {unit} | {shown} | {_plain(meaning)} |"


def _plain(text: str) -> str:
    return text.replace("``", "`").replace("|", "\\|")
